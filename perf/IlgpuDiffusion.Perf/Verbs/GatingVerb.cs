using System.CommandLine;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Perf.Quality;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>
/// What deciding picture by picture which evaluations compute could gain over one schedule for all, as first-block and DBCache gates decide: the schedule that is best for a picture, found with all of its exact
/// predictions at hand, which no gate has, beside the one that is best for the other pictures.
/// </summary>
internal static class GatingVerb
{
    public static Command Create()
    {
        Option<int> pairs = new("--pairs") { Description = "Pairs of prompt and seed.", DefaultValueFactory = _ => 16 };
        Option<int> size = new("--size") { Description = "Pixels of a side.", DefaultValueFactory = _ => 128 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("gating", "Schedules of foreseen evaluations found for each picture, and found for others: what a decision on data could gain at most (papercut, 20 steps of DDIM).") { pairs, size, threads };
        command.SetAction((parsed, cancellation) => Measure(parsed.GetValue(pairs), parsed.GetValue(size), parsed.GetValue(threads), cancellation));
        return command;
    }

    private static async Task Measure(int pairs, int size, int threads, CancellationToken cancellation)
    {
        int[] counts = [15, 12, 10, 8, 6];
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(PapercutModel.Folder, new PipelineOptions { Threads = threads });
        List<(GenerationRequest Request, Image Exact, RecordedRun Run)> pictures = [];
        foreach ((string prompt, ulong seed) in PapercutPrompts.HeldOut(pairs))
        {
            GenerationRequest request = new() { Prompt = prompt, Seed = seed, Width = size, Height = size, Steps = 20, CfgScale = 4.5, Sampler = "ddim" };
            ResolvedRequest resolved = pipeline.Resolve(request);
            RecordedRun run = new(resolved.Program);
            GenerationResult painted = await pipeline.OnLane(() => pipeline.Generator.Generate(resolved, null, cancellation, new DenoiseHooks(Evaluated: (evaluation, noisy, clean) => run.Add(evaluation, noisy, clean))), cancellation);
            pictures.Add((request, painted.Images[0].Image, run));
        }

        Dictionary<int, List<(double Own, double Others)>> likeness = counts.ToDictionary(count => count, _ => new List<(double, double)>());
        foreach ((GenerationRequest request, Image exact, RecordedRun run) in pictures)
        {
            IReadOnlyList<(bool[] Computed, double Error)> own = Search([run]), others = Search([.. pictures.Where(other => !ReferenceEquals(other.Run, run)).Select(other => other.Run)]);
            foreach (((bool[] Computed, double Error) a, (bool[] Computed, double Error) b) in own.Zip(others))
            {
                likeness[a.Computed.Count(one => one)].Add((await Likeness(a.Computed), await Likeness(b.Computed)));
            }

            async Task<double> Likeness(bool[] computed) => ImageMetrics.Psnr(exact, (await pipeline.GenerateAsync(request with { Policy = new(RecallPattern.Cache(computed, new Taylor())) }, cancellationToken: cancellation)).Images[0].Image);
        }

        IReadOnlyList<(bool[] Computed, double Error)> Search(IReadOnlyList<RecordedRun> runs) => new RecallSearch(new RecallError(runs, new Taylor())).Find(runs[0].Program.Evaluations.Count, counts, cancellation);

        Report report = new("gating", "Schedules found for a picture, and for others", Machine.Read());
        foreach ((int count, List<(double Own, double Others)> found) in likeness)
        {
            report.Number($"{count} of 20", found.Select(one => new { own = one.Own, others = one.Others }));
        }

        report.Say($"papercut, {pairs} held-out pairs of prompt and seed, {size}², 20 steps of DDIM, guidance 4.5; predictions foreseen by a line. PSNR in dB against the exact pictures: which evaluations compute was searched on the picture's own exact predictions, or on those of the other pictures. A gate that decides from the data of the run knows less than the former.");
        report.Table(["computed of 20", "own schedule", "the others'", "own less others'", "pictures whose own is nearer"], [.. likeness.Select(row => (string[])[
            $"{row.Key}", FormattableString.Invariant($"{row.Value.Average(one => one.Own):0.0}"), FormattableString.Invariant($"{row.Value.Average(one => one.Others):0.0}"), FormattableString.Invariant($"{row.Value.Average(one => one.Own - one.Others):0.0}"), $"{row.Value.Count(one => one.Own > one.Others)} of {row.Value.Count}"])]);
        report.Save();
    }
}
