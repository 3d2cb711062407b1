using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>How far the times that are expected of requests are from those that they take: rates from one size and no policy, then sizes and policies that they were not measured for.</summary>
internal static class CostsVerb
{
    private const string Prompt = "a blue lake at sunset with a boat with a white sail on the left and the sun on the right";

    // Steps that are long enough for a clock and short enough for many configurations.
    private const int Steps = 8;

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

    private static readonly (int Width, int Height)[] Sizes = [(256, 256), (192, 192), (320, 256), (384, 384)];

    public static Command Create()
    {
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<double> limit = new("--limit") { Description = "Seconds after which no configuration is begun.", DefaultValueFactory = _ => 75 };
        Option<bool> all = new("--all") { Description = "Measures the kernels of every configuration beforehand, rather than those of the exact one at 256² alone." };
        Command command = new("costs", "Expected against actual seconds of requests to the model that ships.") { threads, limit, all };
        command.SetAction((parsed, cancellation) => Run(parsed.GetValue(threads), parsed.GetValue(limit), parsed.GetValue(all), cancellation));
        return command;
    }

    private static async Task Run(int threads, double limit, bool all, CancellationToken cancellation)
    {
        Machine machine = Machine.Read();
        string cache = Directory.CreateTempSubdirectory("ilgpu-diffusion-costs").FullName;
        try
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(PapercutModel.Folder, new PipelineOptions { Threads = threads, CacheFolder = cache }, cancellationToken: cancellation);
            GenerationRequest[] requests = [.. Sizes.SelectMany(size => Policies.Select(p => new GenerationRequest { Prompt = Prompt, Seed = 3, Steps = Steps, Width = size.Width, Height = size.Height, Policy = p.Policy }))];
            await pipeline.GenerateAsync(requests[0], cancellationToken: cancellation);
            long measuring = System.Diagnostics.Stopwatch.GetTimestamp();
            foreach (GenerationRequest request in all ? requests : requests[..1])
            {
                await pipeline.MeasureAsync(request, cancellationToken: cancellation);
            }

            double measured = System.Diagnostics.Stopwatch.GetElapsedTime(measuring).TotalSeconds;
            List<string[]> rows = [];
            List<(string Name, double Expected, double Actual)> numbers = [];
            for (int i = 0; i < requests.Length && System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds < limit; i++)
            {
                GenerationRequest request = requests[i];
                List<double> times = [], speeds = [];
                GenerationTimes expected = default;
                for (int round = 0; round < 3; round++)
                {
                    // The machine's own speed changes from minute to minute: the exact request beside each says by how much.
                    GenerationResult beside = await pipeline.GenerateAsync(requests[0], cancellationToken: cancellation), result = await pipeline.GenerateAsync(request, cancellationToken: cancellation);
                    expected = result.Expected;
                    times.Add(result.Times.Total.TotalSeconds);
                    speeds.Add(beside.Times.Total / beside.Expected.Total);
                }

                // The first compiles and binds.
                double actual = Statistics.Median(times.Skip(1)), speed = Statistics.Median(speeds.Skip(1)), foreseen = expected.Total.TotalSeconds;
                string name = string.Create(CultureInfo.InvariantCulture, $"{request.Width}x{request.Height}, {Policies[i % Policies.Length].Name}");
                numbers.Add((name, foreseen * speed, actual));
                rows.Add([name, Report.Digits(foreseen, 3), Report.Digits(actual, 3), Percent(foreseen / actual - 1), Percent(foreseen * speed / actual - 1), Percent(pipeline.Explain(request).MeasuredShare)]);
                Console.WriteLine(string.Join("  ", rows[^1]));
            }

            double[] off = [.. numbers.Select(n => Math.Abs(n.Expected / n.Actual - 1))];
            Report report = new("costs" + (all ? "-all" : ""), "Expected and actual seconds", machine);
            report.Say($"{pipeline.DeviceName}; the model that ships, {Steps} steps. Kernels measured beforehand: {(all ? "all" : "those of the exact request at 256x256 alone")}, in {Report.Digits(measured, 1)} s. Medians of two runs after one that is not counted.");
            report.Table(["request", "expected s", "actual s", "off by", "off by, beside the exact request", "of measured kernels"], rows);
            report.Say($"**Beside the exact request: median deviation {Percent(Statistics.Median(off))}, the largest {Percent(off.Max())}, {off.Count(o => o <= 0.1)} of {off.Length} within 10 %.**");
            report.Number("requests", numbers.ToDictionary(n => n.Name, n => new { n.Expected, n.Actual })).Save();
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
}
