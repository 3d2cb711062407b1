using System.CommandLine;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Perf.Quality;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>
/// Makes what ships for UNets, and for papercut at twice its trained side: calibrates papercut from nothing. Costs are by operations and bytes, at the rates that the device guesses before anything was timed: it serves devices that are not known, and a busy
/// machine's noise is none of it. Nothing of it is a clock's, so that the same checkout makes the same file again, but for what is joined to it.
/// </summary>
internal static class FrontierVerb
{
    private const int Steps = 20;

    // Large pictures take long.
    private const int Usual = 256, Pictures = 24, LargePictures = 8;

    private static readonly double[] Gains = [1.25, 1.5, 2, 3, 4];

    public static Command Create()
    {
        Option<int?> pictures = new("--pictures") { Description = $"Pictures at most. [default: {Pictures}, above {Usual} {LargePictures}]" };
        Option<int> size = new("--size") { Description = "Width and height; what ships is of 256 and 512.", DefaultValueFactory = _ => Usual };
        Option<double?> minutes = new("--minutes") { Description = "For how long; left out: all that there is to measure." };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<string?> output = new("--output", "-o") { Description = "The file. [default: what ships]" };
        Option<string?> join = new("--join") { Description = "Calibrates nothing: of another such file the best way at each budget, alone and with tokens merged, is painted for the same pictures and joins those of the file." };
        Command command = new("frontier", "What ships for budgets of UNets that were not calibrated, and of papercut at 512: papercut, calibrated from nothing, and beside it what shipped before.") { pictures, size, minutes, threads, output, join };
        command.SetAction((parsed, cancellation) =>
        {
            int side = parsed.GetValue(size), count = parsed.GetValue(pictures) ?? (side > Usual ? LargePictures : Pictures), workers = parsed.GetValue(threads);
            string file = parsed.GetValue(output) ?? Shipped(side);
            return parsed.GetValue(join) is { } other
                ? Join(count, side, workers, file, other, cancellation)
                : Measure(count, side, parsed.GetValue(minutes), workers, file, cancellation);
        });
        return command;
    }

    private static string Shipped(int size) => Path.Combine(Checkout.Root, "src", "IlgpuDiffusion", "Tuning", size == Usual ? "default-frontier.json" : $"papercut-{size}-frontier.json");

    private static async Task Measure(int pictures, int size, double? minutes, int threads, string output, CancellationToken cancellation)
    {
        DirectoryInfo cache = Directory.CreateTempSubdirectory("ilgpu-diffusion-frontier-");
        try
        {
            await using DiffusionPipeline pipeline = DiffusionPipeline.Open(PapercutModel.Folder, new PipelineOptions { Threads = threads, CacheFolder = cache.FullName });
            Stopwatch watch = Stopwatch.StartNew();
            CalibrationOptions options = new() { Pictures = pictures, Prompts = PapercutPrompts.ToCalibrate(pictures), Time = minutes is { } limit ? TimeSpan.FromMinutes(limit) : Timeout.InfiniteTimeSpan };
            Frontier nothing = new("nothing", 0, []);
            Frontier found = Keep(await pipeline.MeasureLikenessAsync(
                new GenerationRequest { Prompt = "", Width = size, Height = size, Steps = Steps }, options, nothing, new Lines(watch), kernels: 0, part => Keep(part), cancellation));
            Frontier before = Frontier.OfPapercut.MinBy(shipped => shipped.Conditions!.Far(found.Conditions!))!;
            foreach (double gain in Gains)
            {
                Console.WriteLine(FormattableString.Invariant($"{gain}x: {Best(found, gain)}; shipped before: {Best(before, gain)}"));
            }

            // Also what was measured until it was ended.
            Frontier Keep(Frontier measured)
            {
                Frontier whole = measured with
                {
                    Source = "papercut",
                    Fingerprint = new ModelFingerprint(pipeline.Model.Parts).Of(AdapterSet.None),
                    NetworkBytes = pipeline.Model.Parts.NetworkWeights.Tensors.Sum(tensor => tensor.Bytes),
                };
                File.WriteAllText(output, Text(whole));
                Console.WriteLine(FormattableString.Invariant($"{whole.Points.Count} ways in {watch.Elapsed.TotalMinutes:0.0} minutes, written to {output}."));
                return whole;
            }
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    // A search may miss at one size what another has found at the other.
    private static async Task Join(int pictures, int size, int threads, string output, string other, CancellationToken cancellation)
    {
        DirectoryInfo cache = Directory.CreateTempSubdirectory("ilgpu-diffusion-frontier-");
        try
        {
            await using DiffusionPipeline pipeline = DiffusionPipeline.Open(PapercutModel.Folder, new PipelineOptions { Threads = threads, CacheFolder = cache.FullName });
            Frontier own = Read(output), known = Read(other);
            FrontierPoint[] best = [.. Gains.Select(gain => known.InOrder(known.Points.Where(point => !point.IsPlain && point.Cost <= 1 / gain)).First()).Distinct()];
            FrontierPoint[] merging = [.. best.Where(way => way.Policy is null).Select(way => way with { Policy = new AccelerationPolicy(new ToMe { Ratio = 0.75 }).ToJson() })];
            FrontierPoint[] ways = [.. best.Concat(merging).Where(way => !own.Points.Any(point => point.IsAs(way)))];
            CalibrationSheet sheet = new();
            foreach ((string prompt, int i) in PapercutPrompts.ToCalibrate(pictures).Select((prompt, i) => (prompt, i)))
            {
                GenerationRequest request = new() { Prompt = prompt, Seed = (ulong)i, Width = size, Height = size, Steps = Steps };
                Image exact = (await pipeline.GenerateAsync(request, cancellationToken: cancellation)).Images[0].Image;
                double whole = pipeline.Explain(request).Expected.Denoising.TotalSeconds;
                foreach (FrontierPoint way in ways)
                {
                    GenerationRequest asked = request with { Policy = way.For(pipeline.Explain(request with { Policy = new AccelerationPolicy { Steps = way.Steps } }).Evaluations) };
                    double cost = Math.Round(pipeline.Explain(asked).Expected.Denoising.TotalSeconds / whole, 3);
                    double psnr = ImageMetrics.Psnr(exact, (await pipeline.GenerateAsync(asked, cancellationToken: cancellation)).Images[0].Image);
                    sheet.Add(new FrontierPoint(way.Steps, way.Pattern, way.Policy, 0) { How = way.How, Cost = cost }, psnr);
                }
            }

            File.WriteAllText(output, Text(own with { Points = [.. own.Points, .. sheet.Points()] }));
            Console.WriteLine(string.Join('\n', sheet.Points()));
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    private static Frontier Read(string file) => JsonSerializer.Deserialize(File.ReadAllText(file), FrontierJson.Default.Frontier)!;

    private static string Best(Frontier frontier, double gain) => frontier.InOrder(frontier.Points.Where(point => point.Cost <= 1 / gain)).FirstOrDefault() is { } best
        ? FormattableString.Invariant($"{best.Psnr:0.00} dB ({best.Steps} {best.Pattern} {best.Policy})") : "nothing";

    // A way a line, so that changes can be read.
    private static string Text(Frontier frontier)
    {
        JsonSerializerOptions lines = new(FrontierJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        JsonObject head = JsonSerializer.SerializeToNode(frontier, lines)!.AsObject();
        head.Remove(nameof(Frontier.Points));
        string points = string.Join(",\n", frontier.Points.Select(point => "    " + JsonSerializer.Serialize(point, lines)));
        return $"{{\n  {head.ToJsonString(lines)[1..^1]},\n  \"Points\": [\n{points}\n  ]\n}}\n";
    }

    private sealed class Lines(Stopwatch watch) : IProgress<CalibrationProgress>
    {
        private const int Every = 10;

        public void Report(CalibrationProgress value)
        {
            if (value.Done % Every == 0)
            {
                Console.WriteLine(FormattableString.Invariant($"{watch.Elapsed.TotalMinutes:0.0} min: {value.Done} of about {value.Count} {value.What}, about {value.Left?.TotalMinutes:0.0} min left"));
            }
        }
    }
}
