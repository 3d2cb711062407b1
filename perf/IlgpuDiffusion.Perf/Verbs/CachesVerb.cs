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
        Option<bool> pause = Rounds.Pause();
        Command command = new("caches", "Runs of SD 1.5's UNet with caches and guidance policies against exact ones.") { names, rounds, size, threads, pause };
        command.SetAction(parsed => Measure(parsed.GetRequiredValue(names), parsed.GetValue(rounds), parsed.GetValue(size), parsed.GetValue(threads), parsed.GetValue(pause)));
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

    private static void Measure(string[] names, int rounds, int size, int threads, bool pause)
    {
        Machine machine = Machine.Read();
        using AcceleratedNetwork network = new(size, threads);
        using AcceleratedNetwork.Timed exact = network.Begin(AccelerationPolicy.Exact, 1, out _);
        Case[] cases = [.. names.Select(name => new Case(name, network))];
        List<double> whole = [];
        for (int round = 0; round <= rounds; round++)
        {
            double first = exact.Evaluate(0);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: exact {first:F3} s"));
            if (round > 0)
            {
                whole.Add(first);
            }

            foreach (Case one in cases)
            {
                one.Evaluate(counted: round > 0);
            }

            if (round == 0)
            {
                Rounds.Paused(pause);
                machine = Machine.Read();
            }
        }

        List<string[]> rows = [];
        Dictionary<string, double> gains = [];
        Report report = new("caches" + (names.Length == 1 ? "-" + names[0] : "") + (size == 64 ? "" : $"-{size}"), "Kept values and guidance over whole runs", machine);
        report.Say($"UNet of Stable Diffusion 1.5's sizes, random weights, {8 * size}², guided; {network.Device}. Not whole runs: the exact evaluation and one of each variant of the plans in turns, {rounds} rounds, medians; a run is the sum over its evaluations of their variants.");
        foreach (Case one in cases)
        {
            double exactRun = one.Steps * Statistics.Median(whole), run = one.Seconds(one.Times.Select(Statistics.Median));
            double[] ratios = [.. whole.Select((first, round) => one.Steps * first / one.Seconds(one.Times.Select(times => times[round])))];
            gains[one.Name] = exactRun / run;
            string[] parts = one.Name.Split('+');
            double? product = parts.Length > 1 && parts.All(gains.ContainsKey) ? parts.Aggregate(1.0, (all, part) => all * gains[part]) : null;
            rows.Add(
            [
                one.Name, $"{one.Steps}", $"{one.Times.Length}", Report.Digits(exactRun), Report.Digits(run), $"**{Report.Digits(exactRun / run)}** ({Report.Digits(ratios.Min())} to {Report.Digits(ratios.Max())})",
                Report.Digits(one.Steps * exact.Flops(0) / one.Timed.Plan.VariantOf.Sum(one.Timed.Flops)), Report.Digits(one.Planning.TotalMilliseconds, 1),
                product is { } of ? Report.Digits(gains[one.Name] / of) : "",
            ]);
            report.Number(one.Name, new { steps = one.Steps, exact = exactRun, run, ratio = exactRun / run, ratios, evaluations = whole, variants = one.Times, policy = one.Policy.ToJson() });
        }

        report.Table(["policy", "steps", "variants", "exact s", "accelerated s", "times as fast (single rounds)", "by FLOP", "planned in ms", "of the parts' product"], rows);
        report.Say(string.Join("\n", cases.Select(one => $"* {one.Name}: `{one.Policy.ToJson()}`. Evaluations of each variant and their seconds: {one.Variants()}.")));
        report.Save();
        foreach (Case one in cases)
        {
            one.Timed.Dispose();
        }
    }

    /// <summary>A policy and the times of its variants.</summary>
    private sealed class Case
    {
        public Case(string name, AcceleratedNetwork network)
        {
            (Name, (Steps, Policy)) = (name, Find(name));
            Timed = network.Begin(Policy, Steps, out TimeSpan planning);
            (Planning, Times) = (planning, [.. Timed.Plan.Variants.Select(_ => new List<double>())]);
        }

        public string Name { get; }

        public int Steps { get; }

        public AccelerationPolicy Policy { get; }

        public AcceleratedNetwork.Timed Timed { get; }

        public TimeSpan Planning { get; }

        public List<double>[] Times { get; }

        public void Evaluate(bool counted)
        {
            double[] each = [.. Times.Select((_, v) => Timed.Evaluate(v))];
            Console.WriteLine($"{Name}: variants {string.Join(' ', each.Select(s => Report.Digits(s, 3)))}");
            if (counted)
            {
                for (int v = 0; v < each.Length; v++)
                {
                    Times[v].Add(each[v]);
                }
            }
        }

        /// <summary>Of the run, if its variants took so long.</summary>
        public double Seconds(IEnumerable<double> variants)
        {
            double[] each = [.. variants];
            return Timed.Plan.VariantOf.Sum(v => each[v]);
        }

        public string Variants() => string.Join(", ", Times.Select((times, v) => $"{Timed.Plan.VariantOf.Count(of => of == v)} of {Report.Digits(Statistics.Median(times))}"));
    }
}
