using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>What the attention methods gain on an evaluation of SD 1.5's UNet.</summary>
internal static class MethodsVerb
{
    private const int LatentChannels = 4;

    /// <summary>Policies by their names; tiles do not move, so that all evaluations cost the same.</summary>
    private static readonly (string Name, AccelerationPolicy Policy)[] Policies =
    [
        ("exact", AccelerationPolicy.Exact),
        ("HyperTile 256", new(Tile(256))),
        ("ToDo auto", new(new ToDo())),
        ("HyperTile 256, ToDo 2", new(Tile(256), new ToDo { Factors = [2, 2] })),
        ("local and global 256, 8", new(new LocalGlobal { Shift = false, Factor = 8 })),
        ("ToMe 0.5", new(new ToMe { Draw = false })),
        ("deep shrink 2, depth 1", new(new DeepShrink { End = 1 })),
        ("deep shrink 2, depth 0", new(new DeepShrink { End = 1, Depth = 0 })),
        ("deep shrink 2, depth 1, HyperTile 256", new(new DeepShrink { End = 1 }, Tile(256))),
    ];

    public static Command Create()
    {
        Option<int> size = new("--size") { Description = "Width and height in pixels.", DefaultValueFactory = _ => 1024 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<double> limit = new("--limit") { Description = "Seconds after which it stops, to go on in the next call.", DefaultValueFactory = _ => 50 };
        Option<string> cache = new("--cache") { Description = "The file in which the times of launches are kept between calls.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ilgpu-diffusion-launches.json") };
        Option<bool> whole = new("--whole") { Description = "Whole evaluations in turns, rather than each launch by itself." };
        Option<int> rounds = new("--rounds") { Description = "Rounds of whole evaluations, after one that is not counted.", DefaultValueFactory = _ => 3 };
        Option<bool> memory = new("--memory") { Description = "Only what activations take by plan, from 512² to 4096²." };
        Option<string?> only = new("--only") { Description = "With --whole: only methods whose names hold this, and exact." };
        Command command = new("methods", "HyperTile, ToDo, token merging and deep shrink on one row of an evaluation of SD 1.5's UNet.") { size, threads, limit, cache, whole, rounds, memory, only };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(memory))
            {
                Memory(parsed.GetValue(threads));
            }
            else if (parsed.GetValue(whole))
            {
                Whole(parsed.GetValue(size), parsed.GetValue(threads), parsed.GetValue(rounds), parsed.GetValue(only) ?? "");
            }
            else
            {
                ByLaunch(parsed.GetValue(size), parsed.GetValue(threads), parsed.GetValue(limit), parsed.GetRequiredValue(cache));
            }
        });
        return command;
    }

    private static HyperTile Tile(int pixels) => new() { Tile = pixels, Sizes = 1, Shift = false };

    private static void Memory(int threads)
    {
        using Bench bench = new(threads);
        int[] sizes = [512, 1024, 2048, 4096];
        long[][] bytes = [.. Policies.Select(p => (long[])[.. sizes.Select(size => bench.Compile(p.Policy, size).Executable.Memory is var memory ? memory.Arena + memory.Run : 0)])];
        Report report = new("methods-memory", "Activations by picture size", Machine.Read());
        report.Say("One row of an evaluation of SD 1.5's UNet: arena and run by plan, beside the weights. The arena is what is allocated.");
        report.Table(["method", .. sizes.Select(size => $"{size}²"), "4096² over 512² (64 times the points)"], Policies.Select((p, i) => (string[])[p.Name, .. bytes[i].Select(Report.MiB), Report.Digits((double)bytes[i][^1] / bytes[i][0], 1)]));
        report.Number("bytes", Policies.Select((p, i) => (p.Name, bytes[i])).ToDictionary()).Save();
    }

    private static void Whole(int size, int threads, int rounds, string only)
    {
        using Bench bench = new(threads);
        (string Name, AccelerationPolicy Policy)[] policies = [.. Policies.Where(p => p.Name == "exact" || p.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        Evaluation[] evaluations = [.. policies.Select(p => bench.Compile(p.Policy, size))];
        List<double>[] times = [.. policies.Select(_ => new List<double>())];
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < evaluations.Length; i++)
            {
                double seconds = bench.Seconds(evaluations[i]);
                Console.WriteLine($"{policies[i].Name}: {seconds:F2} s{(round == 0 ? ", not counted" : "")}");
                if (round > 0)
                {
                    times[i].Add(seconds);
                }
            }
        }

        Report report = new($"methods-{size}", $"Attention methods at {size}²", Machine.Read());
        report.Say($"One row of an evaluation of SD 1.5's UNet, random F16 weights, {threads} threads; whole evaluations in turns, medians of {rounds} rounds, and the median of the ratios of a round.");
        report.Table(["method", "seconds", "times faster", "TFLOP", "activations"], policies.Select((p, i) => (string[])[
            p.Name, Report.Digits(Statistics.Median(times[i])), Report.Digits(Statistics.Median(times[0].Zip(times[i], (exact, own) => exact / own))),
            Report.Digits(evaluations[i].Flops / 1e12), Report.MiB(evaluations[i].Executable.Memory.Arena)]));
        report.Number("size", size).Number("threads", threads).Number("seconds", policies.Select((p, i) => (p.Name, times[i])).ToDictionary()).Save();
    }

    private static void ByLaunch(int size, int threads, double limit, string cache)
    {
        Dictionary<string, double> known = File.Exists(cache) ? JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(cache))! : [];
        using Bench bench = new(threads);

        // The similarities of so many tokens alone would take minutes.
        (string Name, AccelerationPolicy Policy)[] policies = [.. Policies.Where(p => size <= 2048 || !p.Policy.Techniques.Any(t => t is ToMe))];
        Evaluation[] evaluations = [.. policies.Select(p => bench.Compile(p.Policy, size))];
        Stopwatch watch = Stopwatch.StartNew();
        foreach (IGrouping<string, LaunchReport> launch in evaluations.SelectMany(e => e.Launches).GroupBy(Key).Where(launch => !known.ContainsKey(launch.Key)).OrderBy(launch => launch.First().Work.Flops))
        {
            if (watch.Elapsed.TotalSeconds > limit)
            {
                Console.WriteLine("Not all are measured yet: run it again.");
                return;
            }

            known[launch.Key] = new LaunchTimer(bench.Device).Seconds(launch.First());
            File.WriteAllText(cache, JsonSerializer.Serialize(known));
        }

        double Seconds(Evaluation e, Func<LaunchReport, bool> which) => e.Launches.Where(which).Sum(launch => known[Key(launch)]);
        double[] all = [.. evaluations.Select(e => Seconds(e, _ => true))];
        Report report = new($"methods-{size}", $"Attention methods at {size}²", Machine.Read());
        report.Say($"One row of an evaluation of SD 1.5's UNet, random F16 weights, {threads} threads. Not whole evaluations: each kind of launch was measured by itself and its time added as often as it occurs; of attention beyond 2 TFLOP a part of the queries was run, and its time multiplied.");
        report.Table(["method", "seconds", "of it attention", "times faster", "TFLOP", "activations"], policies.Select((p, i) => (string[])[
            p.Name, Report.Digits(all[i]), Report.Digits(Seconds(evaluations[i], launch => launch.Op == "Attention")), Report.Digits(all[0] / all[i]),
            Report.Digits(evaluations[i].Flops / 1e12), Report.MiB(evaluations[i].Executable.Memory.Arena)]));
        report.Number("size", size).Number("threads", threads).Number("seconds", policies.Select((p, i) => (p.Name, all[i])).ToDictionary()).Save();

        string Key(LaunchReport launch) => $"{threads} {launch.Operation} {string.Join(' ', launch.Inputs)}";
    }

    /// <summary>An evaluation under a policy.</summary>
    private sealed record Evaluation(Executable Executable, AccelerationPlan Plan, int Side)
    {
        public IReadOnlyList<LaunchReport> Launches => [.. Executable.Programs.Where(program => program.Variant is not null).SelectMany(program => program.Launches)];

        public double Flops => Launches.Sum(launch => (double)launch.Work.Flops);
    }

    /// <summary>SD 1.5's UNet with random weights.</summary>
    private sealed class Bench : IDisposable
    {
        private readonly ModelKeys _keys = ModelKeys.Read("sd15", "unet");
        private readonly WeightStore _weights;
        private readonly UNet2DConditionModel _unet;
        private readonly Lane _lane;
        private readonly Residency _residency;

        public Bench(int threads)
        {
            _weights = WeightStore.Synthetic(_keys.Shapes, ElementType.F16);
            _unet = UNet2DConditionModel.Read(_keys.Config);
            Device = new CpuDevice(new CpuDeviceOptions { Threads = threads });
            (_lane, _residency) = (new Lane(Device), new Residency(Device));
        }

        public CpuDevice Device { get; }

        public Evaluation Compile(AccelerationPolicy policy, int size)
        {
            int side = size / 8;
            Value Build(Graph graph, EvaluationPlan plan) => _unet.Build(
                new ModelBuilder(graph, _weights, plan),
                graph.Input("latents", new Shape(1, side, side, LatentChannels), Stage.Evaluation),
                graph.Input("time", Shape.Scalar, Stage.Schedule),
                graph.Input("text", new Shape(1, 1, ClipTokenizer.ContextLength, _unet.TextChannels), Stage.Request));
            AccelerationPlan plan = AccelerationPlan.Make(policy, SiteSurvey.Of(p => [Build(new Graph(), p)]), [new Moment(0, 0, 1)], guided: false);
            return new Evaluation(Executable.Compile([new Variant(Build(new Graph(), new EvaluationPlan(plan[0])))], Device), plan, side);
        }

        public double Seconds(Evaluation evaluation) => _lane.Enqueue(() =>
        {
            evaluation.Executable.Load(_residency, new StoredWeights(_weights));
            using Run run = Run.Begin(evaluation.Executable, _lane);
            Random random = new(1);
            float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
            run.Set<float>("latents", Numbers(evaluation.Side * evaluation.Side * LatentChannels));
            run.Set<float>("time", [500]);
            run.Set<float>("text", Numbers(ClipTokenizer.ContextLength * _unet.TextChannels));
            foreach (string name in evaluation.Plan.Numbers.Names.Where(run.Takes))
            {
                run.Set(name, evaluation.Plan.Numbers.Rows(name));
            }

            run.Prepare();
            long start = Stopwatch.GetTimestamp();
            run.Evaluate();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }).GetAwaiter().GetResult();

        public void Dispose()
        {
            _lane.Dispose();
            _residency.Dispose();
            Device.Dispose();
            _weights.Dispose();
        }
    }
}
