using System.CommandLine;
using System.Diagnostics;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Where one evaluation of a network spends its time, by kind of op and by layer.</summary>
internal static class ProfileVerb
{
    private const string Papercut = "papercut";

    public static Command Create()
    {
        Argument<string> network = new("network") { Description = "unet, mmdit, vae or text." };
        network.AcceptOnlyFromAmong("unet", "mmdit", "vae", "text");
        Option<int> rounds = new("--rounds") { Description = "Measured rounds, after one that is not.", DefaultValueFactory = _ => 3 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<int> size = new("--size") { Description = "Height and width of the latents; 0 takes 64, and 128 for SDXL's UNet and SD 3's transformer." };
        Option<int?> batch = new("--batch") { Description = "Rows; by default 2, of the decoder 1." };
        Option<string?> model = new("--model") { Description = "sd15, sdxl or sd3-medium (random weights), papercut, or a diffusers folder; by default sd15, and sd3-medium for mmdit." };
        Option<ElementType> type = new("--type") { Description = "Type of the random weights.", DefaultValueFactory = _ => ElementType.F16 };
        Option<int> layers = new("--layers") { Description = "How many of the slowest launches to list.", DefaultValueFactory = _ => 0 };
        Option<string[]> without = new("--no-pass") { Description = "A pass to leave out." };
        Option<bool> pause = Rounds.Pause();
        Command command = new("profile", "Time of one evaluation by kind of op.") { network, rounds, threads, size, batch, model, type, layers, without, pause };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(network), from = parsed.GetValue(model) ?? (name == "mmdit" ? "sd3-medium" : "sd15");
            int rows = parsed.GetValue(batch) ?? (name == "vae" ? 1 : 2), usual = ModelKeys.UsualSize(name, from), side = parsed.GetValue(size) is > 0 and var wanted ? wanted : usual;
            NetworkRecipe recipe = name switch { "unet" => Recipes.Unet(side, rows), "mmdit" => Recipes.Mmdit(side, rows), "vae" => Recipes.Vae(side, rows), _ => Recipes.Text(rows) };
            string? folder = ModelKeys.Models.Contains(from) ? null : from == Papercut ? PapercutModel.Folder : Path.GetFullPath(from);
            using ProductNetwork ours = folder is null
                ? ProductNetwork.Random(recipe, ModelKeys.Read(from, recipe.Component), parsed.GetValue(type), parsed.GetValue(threads), parsed.GetValue(without))
                : ProductNetwork.Open(recipe, folder, parsed.GetValue(threads), parsed.GetValue(without));
            Warm(ours);
            Rounds.Paused(parsed.GetValue(pause));
            Machine machine = Machine.Read();
            double peak = FmaPeak.Measure(parsed.GetValue(threads));
            Report report = new($"profile-{name}{(from == "sd15" ? "" : $"-{Path.GetFileName(from)}")}{(side == usual ? "" : $"-{side}")}", $"{name} of {Path.GetFileName(from)}: time by kind of op", machine);
            report.Say($"{ours.Device}; {(name == "text" ? "" : $"latents {side}×{side}, ")}{rows} rows; {parsed.GetValue(type)} weights.");
            Describe(report, Medians(ours, parsed.GetValue(rounds)), peak, parsed.GetValue(layers));
            report.Save();
        });
        return command;
    }

    // A small network is warm only when its methods have been compiled again.
    private static void Warm(ProductNetwork network)
    {
        Stopwatch warming = Stopwatch.StartNew();
        do
        {
            network.Profile(0);
        }
        while (warming.Elapsed.TotalSeconds < 2);
    }

    // Per launch the median over the rounds; the launches of all rounds are the same.
    private static List<LaunchTime> Medians(ProductNetwork network, int rounds)
    {
        List<IReadOnlyList<LaunchTime>> runs = [.. Enumerable.Range(1, rounds).Select(network.Profile)];
        return [.. runs[0].Select((launch, i) => launch with { Time = TimeSpan.FromSeconds(Statistics.Median(runs.Select(run => run[i].Time.TotalSeconds))) })];
    }

    private static void Describe(Report report, List<LaunchTime> launches, double peak, int layers)
    {
        double all = Seconds(launches), flops = launches.Sum(l => (double)l.Work.Flops);
        IEnumerable<IReadOnlyList<string>> rows = launches.GroupBy(OpKind.Of).OrderByDescending(Seconds).Select(kind => Row(kind.Key, [.. kind]));
        report.Table(["op", "launches", "seconds", "share", "GFLOP", "of FMA peak"], [.. rows, Row("**all**", launches)]);
        report.Say($"Register-only FMA loop in the same process: {Report.Digits(peak / 1e9, 0)} GFLOP/s.");
        if (layers > 0)
        {
            report.Table(
                ["layer", "op", "result", "ms", "of FMA peak"],
                launches.OrderByDescending(l => l.Time).Take(layers).Select(l => (string[])[l.Path, OpKind.Of(l), $"{l.Result.Shape}", Report.Digits(l.Time.TotalMilliseconds), Share(l.Work.Flops, l.Time.TotalSeconds)]));
        }

        report.Number("seconds", all).Number("gflop", flops / 1e9).Number("fma_peak_gflops", peak / 1e9);
        report.Number("kinds", launches.GroupBy(OpKind.Of).ToDictionary(kind => kind.Key, Seconds));

        string[] Row(string name, IReadOnlyList<LaunchTime> some)
        {
            double seconds = Seconds(some), work = some.Sum(l => (double)l.Work.Flops);
            return [name, $"{some.Count}", Report.Digits(seconds, 4), Report.Digits(100 * seconds / all) + " %", Report.Digits(work / 1e9, 1), Share(work, seconds)];
        }

        string Share(double work, double seconds) => Report.Digits(100 * work / seconds / peak, 0) + " %";
    }

    private static double Seconds(IEnumerable<LaunchTime> launches) => launches.Sum(l => l.Time.TotalSeconds);
}
