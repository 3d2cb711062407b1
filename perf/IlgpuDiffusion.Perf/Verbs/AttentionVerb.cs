using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Attention of Stable Diffusion's layers against torch's, in turns.</summary>
internal sealed class AttentionVerb
{
    private readonly Option<int> _rounds = new("--rounds") { Description = "Measured rounds, after two that are not.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _threads = new("--threads", "-t") { Description = "Threads of both.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
    private readonly Option<bool> _noTorch = new("--no-torch") { Description = "Leaves torch out." };
    private readonly Option<bool> _stock = new("--torch-stock") { Description = "Torch with the allocator and the BLAS kernels that Debian chooses, which is slower." };
    private readonly Option<string> _python = new("--python") { Description = "The interpreter that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };

    private static (int Batch, int Heads, int Queries, int Keys, int Width)[] Cases =>
    [
        (2, 8, 4096, 4096, 40), (2, 10, 4096, 4096, 64), (2, 20, 1024, 1024, 64), (2, 8, 4096, 77, 40), (1, 8, 16384, 16384, 40), (1, 1, 4096, 4096, 512),
    ];

    public static Command Create()
    {
        AttentionVerb verb = new();
        Command command = new("attention", "Attention of real layers against torch.") { verb._rounds, verb._threads, verb._noTorch, verb._stock, verb._python };
        command.SetAction(verb.Run);
        return command;
    }

    private void Run(ParseResult parsed)
    {
        int rounds = parsed.GetValue(_rounds), threads = parsed.GetValue(_threads);
        Machine machine = Machine.Read();
        using Peer? torch = parsed.GetValue(_noTorch) ? null : Peer.Torch(parsed.GetRequiredValue(_python), threads, parsed.GetValue(_stock));
        double peak = FmaPeak.Measure(threads);
        using CpuDevice device = new(new CpuDeviceOptions { Threads = threads });
        Report report = new("attention", "Attention", machine);
        List<string[]> rows = [];
        List<LayerResult> results = [];
        List<double> rates = [];
        foreach ((int batch, int heads, int queries, int keys, int width) in Cases)
        {
            string slices = torch?.Prepare(string.Create(CultureInfo.InvariantCulture, $"attention {batch} {heads} {queries} {keys} {width}")) ?? "";
            slices = slices.Contains('=', StringComparison.Ordinal) ? slices[(slices.IndexOf('=', StringComparison.Ordinal) + 1)..] : "";
            Attention op = new(heads, 1 / Math.Sqrt(width), false, false, new(default(SegmentForm)));
            TensorType q = new(new Shape(batch, 1, queries, heads * width)), k = new(new Shape(batch, 1, keys, heads * width));
            using OpTiming timing = new(device, op, q, k, k);
            (List<double> mine, List<double> theirs) = Measure(timing, torch, rounds);

            // The machine's speed changes by the second: the best of all bursts is its peak.
            peak = Math.Max(peak, FmaPeak.Measure(threads));
            torch?.Drop("attention");
            string name = string.Create(CultureInfo.InvariantCulture, $"{batch}, {heads}, {queries} × {keys}, {width}");
            double median = Statistics.Median(mine);
            rates.Add(timing.Work.Flops / median);
            List<string> row = [name, Report.Digits(median * 1e3), ""];
            report.Number(name, mine);
            if (torch is not null)
            {
                double faster = Statistics.Median(mine.Zip(theirs, (m, t) => t / m));
                row.AddRange([Report.Digits(Statistics.Median(theirs) * 1e3), slices, Report.Digits(faster)]);
                results.Add(new LayerResult("Attention", $"{heads} heads of {width}, {queries}×{keys}, batch {batch}", median, Statistics.Median(theirs), faster, 0));
                report.Number($"{name}, torch", theirs);
            }

            rows.Add([.. row]);
        }

        for (int i = 0; i < rows.Count; i++)
        {
            rows[i][2] = Report.Digits(100 * rates[i] / peak, 0) + " %";
        }

        results = [.. results.Select((r, i) => r with { Share = rates[i] / peak })];
        report.Say(string.Create(CultureInfo.InvariantCulture, $"{Simd.Level}, {threads} threads; registers {peak / 1e9:F0} GFLOP/s; medians of {rounds} rounds, taken in turns."));
        if (torch is not null)
        {
            report.Say($"Theirs: {torch.Banner}; softmax between two batched products, the heads in slices where all scores at once are too large.");
        }

        string[] header = ["batch, heads, queries × keys, width", "ours ms", "share of peak"];
        report.Table(torch is null ? header : [.. header, "torch ms", "slices", "torch / ours"], rows).Number("layers", results).Number("threads", threads).Number("fma_peak_gflops", peak / 1e9).Save();
    }

    private static (List<double> Mine, List<double> Theirs) Measure(OpTiming timing, Peer? torch, int rounds)
    {
        const double Least = 0.1;
        List<double> mine = [], theirs = [];
        for (int round = -1; round <= rounds; round++)
        {
            // Who begins changes from round to round; the first two warm both up and are not counted: torch's memory grows in them.
            double before = round % 2 == 0 ? Theirs(torch) : 0;
            double ours = Repeated(timing.Once, Least);
            double after = round % 2 == 1 ? Theirs(torch) : 0;
            if (round > 0)
            {
                mine.Add(ours);
                theirs.Add(before + after);
            }
        }

        return (mine, theirs);

        static double Theirs(Peer? torch) => torch is null ? 0 : Repeated(() => torch.Run("attention"), Least);
    }

    /// <summary>The median of runs that fill some seconds.</summary>
    private static double Repeated(Func<double> run, double seconds)
    {
        List<double> times = [];
        for (double sum = 0; sum < seconds; sum += times[^1])
        {
            times.Add(run());
        }

        return Statistics.Median(times);
    }
}
