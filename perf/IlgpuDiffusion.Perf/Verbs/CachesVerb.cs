using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>
/// What policies of kept values and of guidance spare of a whole run of SD 1.5's UNet. Each variant of a plan is timed by itself, in turns with the exact evaluation; a run is the sum
/// over its evaluations of their variants' medians.
/// </summary>
internal static class CachesVerb
{
    private static readonly Dictionary<string, (int Steps, AccelerationPolicy Policy)> Policies = new()
    {
        ["deepcache"] = (50, new(new DeepCache { Every = 5 })),
        ["tgate"] = (25, new(new TGate())),
        ["guidance"] = (25, new(new Guidance { End = 0.5, After = GuidanceAfter.Hold })),
        ["prediction"] = (25, new(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 }, How = new Taylor() })),
    };

    public static Command Create()
    {
        Option<string[]> names = new("--policy") { Description = $"Which: {string.Join(", ", Policies.Keys)}; two joined by + are measured together, and against the product of the gains of both.", DefaultValueFactory = _ => [.. Policies.Keys], AllowMultipleArgumentsPerToken = true };
        Option<int> rounds = new("--rounds") { Description = "Measured rounds, after one that is not.", DefaultValueFactory = _ => 3 };
        Option<int> size = new("--size") { Description = "Height and width of the latents.", DefaultValueFactory = _ => 64 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("caches", "Runs of SD 1.5's UNet with caches and guidance policies against exact ones.") { names, rounds, size, threads };
        command.SetAction(parsed => Measure(parsed.GetRequiredValue(names), parsed.GetValue(rounds), parsed.GetValue(size), parsed.GetValue(threads)));
        return command;
    }

    // Parts that are measured together take the steps of the first.
    private static (int Steps, AccelerationPolicy Policy) Find(string name)
    {
        (int Steps, AccelerationPolicy Policy)[] parts = [.. name.Split('+').Select(part => Policies.TryGetValue(part, out (int, AccelerationPolicy) known)
            ? known
            : throw new ArgumentException($"There is no policy '{part}'. Policies: {string.Join(", ", Policies.Keys)}."))];
        return (parts[0].Steps, new AccelerationPolicy([.. parts.SelectMany(part => part.Policy.Techniques)]));
    }

    private static void Measure(string[] names, int rounds, int size, int threads)
    {
        Machine machine = Machine.Read();
        using AcceleratedNetwork network = new(size, threads);
        using AcceleratedNetwork.Timed exact = network.Begin(AccelerationPolicy.Exact, 1, out _);
        List<string[]> rows = [];
        Dictionary<string, double> gains = [];
        Report report = new("caches" + (names.Length == 1 ? "-" + names[0] : "") + (size == 64 ? "" : $"-{size}"), "Kept values and guidance over whole runs", machine);
        report.Say($"UNet of Stable Diffusion 1.5's sizes, random weights, {8 * size}², guided; {network.Device}. Variants in turns with the exact evaluation, {rounds} rounds, medians; a run is the sum over its evaluations.");
        foreach (string name in names)
        {
            (int steps, AccelerationPolicy policy) = Find(name);
            using AcceleratedNetwork.Timed timed = network.Begin(policy, steps, out TimeSpan planning);
            List<double> whole = [];
            List<double>[] variants = [.. timed.Plan.Variants.Select(_ => new List<double>())];
            for (int round = 0; round <= rounds; round++)
            {
                double first = exact.Evaluate(0);
                double[] each = [.. variants.Select((_, v) => timed.Evaluate(v))];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, round {round}: exact {first:F3} s, variants {string.Join(' ', each.Select(s => s.ToString("F3", CultureInfo.InvariantCulture)))}"));
                if (round > 0)
                {
                    whole.Add(first);
                    for (int v = 0; v < each.Length; v++)
                    {
                        variants[v].Add(each[v]);
                    }
                }
            }

            double exactRun = steps * Statistics.Median(whole), run = timed.Plan.VariantOf.Sum(v => Statistics.Median(variants[v]));
            gains[name] = exactRun / run;
            string[] parts = name.Split('+');
            double? product = parts.Length > 1 && parts.All(gains.ContainsKey) ? parts.Aggregate(1.0, (all, part) => all * gains[part]) : null;
            rows.Add(
            [
                name, $"{steps}", $"{variants.Length}", Report.Digits(exactRun), Report.Digits(run), $"**{Report.Digits(exactRun / run)}**",
                Report.Digits(steps * exact.Flops(0) / timed.Plan.VariantOf.Sum(timed.Flops)), Report.Digits(planning.TotalMilliseconds, 1),
                product is { } of ? Report.Digits(gains[name] / of) : "",
            ]);
            report.Number(name, new { steps, exact = exactRun, run, ratio = exactRun / run, policy = policy.ToJson() });
        }

        report.Table(["policy", "steps", "variants", "exact s", "accelerated s", "times as fast", "by FLOP", "planned in ms", "of the parts' product"], rows);
        report.Say(string.Join("\n", names.Select(name => $"* {name}: `{Find(name).Policy.ToJson()}`")));
        report.Save();
    }
}
