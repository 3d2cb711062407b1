using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>How far the times that are expected of requests are from those that they take: rates from one size and no policy, then sizes and policies that they were not measured for.</summary>
internal static class CostsVerb
{
    private const string Prompt = "a blue lake at sunset with a boat with a white sail on the left and the sun on the right";

    // Steps that are long enough for a clock and short enough for many configurations.
    private const int Steps = 8, FullSizeSteps = 2;

    private static readonly (string Name, AccelerationPolicy? Policy)[] Policies =
    [
        ("exact", null),
        ("deepcache 2", new(new DeepCache { Every = 2 })),
        ("tgate 0.4", new(new TGate())),
        ("guidance to 0.5, held", new(new Guidance { End = 0.5, After = GuidanceAfter.Hold })),
        ("prediction by 2, Taylor", new(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 }, How = new Taylor() })),
        ("hypertile 128", new(new HyperTile { Tile = 128 })),
        ("todo 2", new(new ToDo { Factors = [2, 2] })),
        ("tome 0.5", new(new ToMe())),
        ("deep shrink 2", new(new DeepShrink { End = 0.5 })),
    ];

    // The first is what rates are measured for. Sizes of 192 and 320 have other grids, 384 more of every grid.
    private static readonly (int Width, int Height, string[] Names)[] Papercut =
    [
        (256, 256, [.. Policies.Select(p => p.Name)]),
        (192, 192, ["exact", "deepcache 2", "guidance to 0.5, held", "todo 2"]),
        (320, 256, ["exact", "tgate 0.4", "hypertile 128", "tome 0.5"]),
        (384, 384, ["exact", "prediction by 2, Taylor", "todo 2", "deep shrink 2"]),
    ];

    private static readonly (int Width, int Height, string[] Names)[] FullSize =
    [
        (256, 256, ["exact", "deepcache 2", "guidance to 0.5, held", "hypertile 128", "todo 2"]),
        (320, 256, ["exact"]),
        (192, 192, ["exact"]),
    ];

    public static Command Create()
    {
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<int> rounds = new("--rounds") { Description = "Measured rounds of each configuration, after one that is not.", DefaultValueFactory = _ => 2 };
        Option<string?> folder = new("--model") { Description = "A folder with a model of Stable Diffusion 1.5's sizes in the place of the one that ships; one that is not there is written with random weights." };
        Option<bool> all = new("--all") { Description = "Measures the kernels of every configuration beforehand, rather than those of the exact one at 256² alone." };
        Option<bool> pause = Rounds.Pause();
        Command command = new("costs", "Expected against actual seconds of requests to the model that ships, or to one of full size.") { threads, rounds, folder, all, pause };
        command.SetAction((parsed, cancellation) => Run(parsed.GetValue(threads), parsed.GetValue(rounds), parsed.GetValue(folder), parsed.GetValue(all), parsed.GetValue(pause), cancellation));
        return command;
    }

    private static async Task Run(int threads, int rounds, string? folder, bool all, bool pause, CancellationToken cancellation)
    {
        string cache = Directory.CreateTempSubdirectory("ilgpu-diffusion-costs").FullName;
        try
        {
            if (folder is not null)
            {
                FullSizeModel.Write(folder, ElementType.F16);
            }

            await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(folder ?? PapercutModel.Folder, new PipelineOptions { Threads = threads, CacheFolder = cache }, cancellationToken: cancellation);
            int steps = folder is null ? Steps : FullSizeSteps;
            (string Name, GenerationRequest Request)[] cases = [.. (folder is null ? Papercut : FullSize).SelectMany(size => size.Names.Select(name =>
                ($"{size.Width}x{size.Height}, {name}", new GenerationRequest { Prompt = Prompt, Seed = 3, Steps = steps, Width = size.Width, Height = size.Height, Policy = Policies.Single(p => p.Name == name).Policy })))];

            // Compiles kernels, and ends with the exact request.
            foreach ((_, GenerationRequest request) in cases.Reverse())
            {
                await pipeline.GenerateAsync(request, cancellationToken: cancellation);
            }

            Rounds.Paused(pause);
            Machine machine = Machine.Read();
            long measuring = System.Diagnostics.Stopwatch.GetTimestamp();
            foreach ((_, GenerationRequest request) in all ? cases : cases[..1])
            {
                await pipeline.MeasureAsync(request, cancellationToken: cancellation);
            }

            double measured = System.Diagnostics.Stopwatch.GetElapsedTime(measuring).TotalSeconds;
            List<string[]> rows = [];
            List<(string Name, double Expected, double Beside, double Actual)> numbers = [];
            foreach ((string name, GenerationRequest request) in cases)
            {
                List<double> times = [], speeds = [];
                GenerationTimes expected = default;
                for (int round = 0; round <= rounds; round++)
                {
                    // The first binds kernels anew. The machine's own speed changes from minute to minute: the exact request beside each says by how much.
                    GenerationResult? beside = round == 0 ? null : await pipeline.GenerateAsync(cases[0].Request, cancellationToken: cancellation);
                    GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellation);
                    expected = result.Expected;
                    if (beside is not null)
                    {
                        times.Add(result.Times.Total.TotalSeconds);
                        speeds.Add(beside.Times.Total / beside.Expected.Total);
                    }
                }

                double actual = Statistics.Median(times), speed = Statistics.Median(speeds), foreseen = expected.Total.TotalSeconds;
                rows.Add([name, Report.Digits(foreseen, 3), Report.Digits(actual, 3), Percent(foreseen / actual - 1), Percent(foreseen * speed / actual - 1), Percent(pipeline.Explain(request).MeasuredShare)]);
                Console.WriteLine(string.Join("  ", rows[^1]));
                if (request != cases[0].Request)
                {
                    numbers.Add((name, foreseen, foreseen * speed, actual));
                }
            }

            Report report = new("costs" + (folder is null ? "" : "-sd15") + (all ? "-all" : ""), "Expected and actual seconds", machine);
            report.Say($"{pipeline.DeviceName}; {(folder is null ? "the model that ships" : $"{FullSizeModel.Title("sd15")}'s sizes, random F16 weights")}, {steps} steps, guided, whole pictures. Kernels measured beforehand: {(all ? "all" : "those of the exact request at 256x256 alone")}, in {Report.Digits(measured, 1)} s. Medians of {rounds} runs after one that is not counted.");
            report.Table(["request", "expected s", "actual s", "off by", "off by, beside the exact request", "of measured kernels"], rows);
            report.Say($"But for the first, which the rates are of: {Deviations("as it is", numbers.Select(n => n.Expected / n.Actual))}; {Deviations("beside the exact request", numbers.Select(n => n.Beside / n.Actual))}.");
            report.Number("requests", numbers.ToDictionary(n => n.Name, n => new { n.Expected, n.Beside, n.Actual })).Save();
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    private static string Deviations(string how, IEnumerable<double> ratios)
    {
        double[] off = [.. ratios.Select(ratio => Math.Abs(ratio - 1))];
        return $"**{how}: median deviation {Percent(Statistics.Median(off))}, the largest {Percent(off.Max())}, {off.Count(o => o <= 0.1)} of {off.Length} within 10 %**";
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
}
