using System.CommandLine;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>The layers that most of the time goes to, each against torch, in turns.</summary>
internal static class LayersVerb
{
    public static Command Create()
    {
        Option<int> rounds = new("--rounds") { Description = "Measured rounds of each layer, after one that is not.", DefaultValueFactory = _ => 7 };
        Option<int> threads = new("--threads", "-t") { Description = "Threads of both.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<ElementType> type = new("--type") { Description = "Type of our weights; torch's are F32.", DefaultValueFactory = _ => ElementType.F16 };
        Option<string?> only = new("--only") { Description = "Only layers whose name holds this." };
        Option<string> python = new("--python") { Description = "The interpreter that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };
        Command command = new("layers", "Convolutions, linear layers and norms at the sizes of the models against torch.") { rounds, threads, type, only, python };
        command.SetAction(parsed => Run(parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetValue(type), parsed.GetValue(only) ?? "", parsed.GetRequiredValue(python)));
        return command;
    }

    private static void Run(int rounds, int threads, ElementType type, string only, string python)
    {
        Machine machine = Machine.Read();
        using Peer torch = Peer.Torch(python, threads, stock: false);
        double peak = FmaPeak.Measure(threads);
        Report report = new("layers", "Layers", machine);
        report.Say($"Theirs: {torch.Banner}. Ours with {type} weights, {threads} threads; share of the {Report.Digits(peak / 1e9, 0)} GFLOP/s of a register-only FMA loop, counted by the direct algorithm's FLOPs, so that Winograd may pass 100 %.");
        List<LayerResult> results = [];
        foreach (LayerCase layer in LayerCase.All.Where(l => $"{l.Model} {l.Name}".Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            results.Add(Measure(layer, torch, rounds, threads, type, peak));
            Console.WriteLine(results[^1]);
        }

        report.Table(
            ["model", "layer", "ours ms", "torch ms", "times faster", "share of peak"],
            results.Select(r => (string[])[r.Model, r.Layer, Report.Digits(r.Ours * 1e3), Report.Digits(r.Torch * 1e3), Report.Digits(r.Faster), $"{r.Share:P0}"]));
        report.Number("threads", threads).Number("layers", results).Save();
    }

    private static LayerResult Measure(LayerCase layer, Peer torch, int rounds, int threads, ElementType type, double peak)
    {
        torch.Prepare("layer " + layer.Peer);
        using ProductNetwork ours = ProductNetwork.Random(layer.Recipe, layer.Keys, type, threads);
        List<double> mine = [], theirs = [];
        for (int round = 0; round <= rounds; round++)
        {
            double first = round % 2 == 0 ? torch.Run("layer") : 0;
            double my = ours.Evaluate(round == 0 ? 0 : null).Seconds;
            double second = round % 2 == 1 ? torch.Run("layer") : 0;
            if (round > 0)
            {
                mine.Add(my);
                theirs.Add(first + second);
            }
        }

        double median = Statistics.Median(mine);
        return new LayerResult(layer.Model, layer.Name, median, Statistics.Median(theirs), Statistics.Median(mine.Zip(theirs, (m, t) => t / m)), ours.Flops / median / peak);
    }
}
