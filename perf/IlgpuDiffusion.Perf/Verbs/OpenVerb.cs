using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using Microsoft.Win32.SafeHandles;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Opening a full-size model from a warm file cache, weights ready, against copying its bytes; and explaining a request, which reads headers alone.</summary>
internal static class OpenVerb
{
    private const int Chunk = 4 << 20;

    public static Command Create()
    {
        Option<string?> folder = new("--model") { Description = "A diffusers folder; one that is not there is written with the sizes of --like and stays, without a name it is a temporary one." };
        Option<string> like = new("--like") { Description = "The model whose sizes are taken.", DefaultValueFactory = _ => "sd15" };
        like.AcceptOnlyFromAmong([.. FullSizeModel.Names]);
        Option<ElementType> type = new("--type") { Description = "Type of the random weights.", DefaultValueFactory = _ => ElementType.F16 };
        Option<int> rounds = new("--rounds") { Description = "Measured rounds, after one that is not.", DefaultValueFactory = _ => 3 };
        Option<int> threads = new("--threads", "-t") { Description = "Threads of both.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<bool> headers = new("--explain-only") { Description = "Leaves opening out: for models that are larger than the memory." };
        Option<bool> pause = Rounds.Pause();
        Command command = new("open", "Opening a model against copying its bytes, and explaining a request.") { folder, like, type, rounds, threads, headers, pause };
        command.SetAction(async (parsed, cancellation) =>
        {
            string name = parsed.GetRequiredValue(like);
            string? given = parsed.GetValue(folder);
            string where = given ?? Path.Combine(Path.GetTempPath(), $"ilgpu-diffusion-{name}-{parsed.GetValue(type)}-{Environment.ProcessId}");
            try
            {
                FullSizeModel.Write(where, parsed.GetValue(type), name);
                await Measure(where, name, parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetValue(headers), parsed.GetValue(pause), cancellation);
            }
            finally
            {
                if (given is null && Directory.Exists(where))
                {
                    Directory.Delete(where, recursive: true);
                }
            }
        });
        return command;
    }

    private static async Task Measure(string folder, string name, int rounds, int threads, bool headersOnly, bool pause, CancellationToken cancellation)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)];
        long bytes = files.Sum(file => new FileInfo(file).Length);
        PipelineOptions options = new() { Threads = threads };
        List<double> copies = [], opens = [], explains = [];
        for (int round = 0; round <= rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            using (DiffusionPipeline pipeline = DiffusionPipeline.Open(folder, options))
            {
                pipeline.Explain(new GenerationRequest { Prompt = "a lighthouse" });
            }

            explains.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (headersOnly)
            {
                continue;
            }

            copies.Add(Copy(files, threads));
            start = Stopwatch.GetTimestamp();
            await using (await DiffusionPipeline.LoadAsync(folder, options, cancellationToken: cancellation))
            {
                opens.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            Console.WriteLine(FormattableString.Invariant($"round {round}: copied in {copies[^1]:F2} s, opened in {opens[^1]:F2} s, explained in {explains[^1]:F2} s"));
            Rounds.Paused(pause && round == 0);
        }

        Report report = new($"open-{name}", "Opening a model", Machine.Read());
        report.Say($"{FullSizeModel.Title(name)}'s sizes, random weights, {Report.MiB(bytes)} of files in the system's cache, {threads} threads of both.");
        report.Say(FormattableString.Invariant($"Explaining a request at the model's own size, opened for it: {explains[0]:0.00} s as the first thing that the process does, {Statistics.Median(explains.Skip(1)):0.00} s then."));
        report.Number("explain_first_s", explains[0]).Number("explain_s", Statistics.Median(explains.Skip(1)));
        if (!headersOnly)
        {
            (double copy, double open) = (Statistics.Median(copies.Skip(1)), Statistics.Median(opens.Skip(1)));
            report.Say(FormattableString.Invariant($"Opening, all weights checked and packed: {open:0.00} s; copying the files' bytes into fresh memory: {copy:0.00} s; **{open / copy:0.00}** times that. Medians of {rounds} rounds in turns."));
            report.Number("copy_s", copy).Number("open_s", open).Number("ratio", open / copy);
        }

        report.Save();
    }

    // As a program reads files that wants all of them in its memory. What is given back is the system's again, as what a pipeline held is: memory that it has to make new is a large part of either.
    private static unsafe double Copy(string[] files, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        List<nint> held = [];
        foreach (string file in files)
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            long length = RandomAccess.GetLength(handle);
            byte* memory = (byte*)NativeMemory.Alloc((nuint)length);
            held.Add((nint)memory);
            Parallel.For(0, (length + Chunk - 1) / Chunk, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            {
                long at = i * Chunk;
                _ = RandomAccess.Read(handle, new Span<byte>(memory + at, (int)Math.Min(Chunk, length - at)), at);
            });
        }

        double taken = Stopwatch.GetElapsedTime(start).TotalSeconds;
        held.ForEach(memory => NativeMemory.Free((void*)memory));
        return taken;
    }
}
