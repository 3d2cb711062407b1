using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>
/// Stable Diffusion 3 medium's published ladder (mindone): base, block cache, gate of guidance, coarser keys. A run of 28 evaluations takes most of an hour on a few cores, so blocks are timed
/// and added up: of a kind they are alike, and what a run does in each evaluation is known.
/// </summary>
internal static class LadderVerb
{
    private const int Blocks = 24;
    private const int Steps = 28;

    // The published run: two encoders of 77 tokens.
    private const int Tokens = 154;

    // Rows, and whether keys are coarser.
    private static readonly (int Rows, bool Coarse)[] Kinds = [(2, false), (2, true), (1, false), (1, true)];

    public static Command Create()
    {
        Option<int> size = new("--size") { Description = "Height and width of the latents.", DefaultValueFactory = _ => 128 };
        Option<int> rounds = new("--rounds") { Description = "Measured rounds, after one that is not.", DefaultValueFactory = _ => 2 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("ladder", "Stable Diffusion 3 medium: base, DiTCache, + PromptGate, + ToDo, from the times of its blocks.") { size, rounds, threads };
        command.SetAction(parsed => Measure(parsed.GetValue(size), parsed.GetValue(rounds), parsed.GetValue(threads)));
        return command;
    }

    private static void Measure(int size, int rounds, int threads)
    {
        Machine machine = Machine.Read();
        using JointNetwork one = new(1, threads), two = new(2, threads);
        foreach ((int rows, bool coarse) in Kinds)
        {
            Time(two, 16, rows, coarse);
        }

        // Each has its memory from now on.
        Time(one, size, 2, coarse: false);
        Time(two, size, 2, coarse: false);

        // An evaluation of one block, the last, and one of two: a block is the difference.
        (double Around, double Block)[] seconds = [.. Enumerable.Range(0, rounds).SelectMany(_ => Kinds.Select((kind, i) =>
        {
            double around = Time(one, size, kind.Rows, kind.Coarse), both = Time(two, size, kind.Rows, kind.Coarse);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}: {around:F3} s, {both:F3} s"));
            return (i, around, both);
        })).GroupBy(row => row.i).OrderBy(kind => kind.Key).Select(kind => (Around: kind.Min(row => row.around), Both: kind.Min(row => row.both))).Select(least => (least.Around, least.Both - least.Around))];

        Report report = new("ladder" + (size == 128 ? "" : $"-{size}"), "The published acceleration of Stable Diffusion 3 medium", machine);
        report.Say($"Transformer of Stable Diffusion 3 medium's sizes, random f16 weights, {8 * size}², {Tokens} tokens of text; {one.Device}. Least times of {rounds} rounds of all kinds in turns. A whole run is the sum over its {Steps} evaluations of what was measured of one block and of the last block with all around it; keeping and adding what blocks added is not in it.");
        report.Table(["rows", "keys", "the last block and all around it, s", "a block, s"], Kinds.Select((kind, i) => (IReadOnlyList<string>)[$"{kind.Rows}", kind.Coarse ? "1.6 times coarser" : "all", Report.Digits(seconds[i].Around), Report.Digits(seconds[i].Block, 3)]));
        Dictionary<(int, bool), (double, double)> of = Kinds.Zip(seconds).ToDictionary();
        double first = Total(of, false, false, false).Seconds;
        List<string[]> rungs = [];
        foreach ((string name, bool cache, bool gate, bool todo) in new[] { ("base", false, false, false), ("DiTCache", true, false, false), ("+ PromptGate", true, true, false), ("+ ToDo", true, true, true) })
        {
            (int blocks, double total) = Total(of, cache, gate, todo);
            rungs.Add([name, $"{blocks}", Report.Digits(total, 0), $"**{Report.Digits(first / total)}**"]);
            report.Number(name, new { blocks, seconds = total, ratio = first / total });
        }

        report.Table(["", "evaluations of a block", "28 evaluations, s", "times as fast"], rungs);
        report.Save();
    }

    private static double Time(JointNetwork network, int size, int rows, bool coarse)
    {
        AccelerationPolicy policy = coarse ? new(new ToDo { Factors = [1.6], Method = GridMethod.Bilinear, Compat = true }) : AccelerationPolicy.Exact;
        using JointNetwork.Timed timed = network.Begin(policy, size, Tokens, rows);
        return timed.Evaluate();
    }

    // By the published settings: from evaluation 10 on every second leaves blocks 1 to 20 out, from 20 on there is one row, blocks 0 to 11 have coarser keys.
    private static (int Blocks, double Seconds) Total(Dictionary<(int Rows, bool Coarse), (double Around, double Block)> seconds, bool cache, bool gate, bool todo)
    {
        (int evaluated, double total) = (0, 0);
        for (int step = 0; step < Steps; step++)
        {
            int rows = gate && step >= 20 ? 1 : 2;
            int[] run = cache && step >= 10 && step % 2 == 0 ? [0, 21, 22, 23] : [.. Enumerable.Range(0, Blocks)];
            total += seconds[(rows, false)].Around + run.Where(block => block < Blocks - 1).Sum(block => seconds[(rows, todo && block <= 11)].Block);
            evaluated += rows * run.Length;
        }

        return (evaluated, total);
    }
}
