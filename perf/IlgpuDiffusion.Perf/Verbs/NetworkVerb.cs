using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>One evaluation of a network against the same network in other programs, in turns.</summary>
internal sealed class NetworkVerb
{
    private const string Papercut = "papercut";

    private readonly string _name;
    private readonly Func<int, int, NetworkRecipe> _recipe;
    private readonly Option<int> _rounds = new("--rounds") { Description = "Measured rounds, after one that is not.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _threads = new("--threads", "-t") { Description = "Threads of both.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
    private readonly Option<int> _size = new("--size") { Description = "Height and width of the latents; 0 takes 64, and 128 for SDXL's UNet and SD 3's transformer." };
    private readonly Option<int> _batch = new("--batch") { Description = "Rows." };
    private readonly int _usualBatch;
    private readonly Option<string> _model = new("--model") { Description = "sd15, sdxl or sd3-medium (random weights), papercut, or a diffusers folder." };
    private readonly Option<ElementType> _type = new("--type") { Description = "Type of our random weights; torch's are F32.", DefaultValueFactory = _ => ElementType.F32 };
    private readonly Option<string[]> _peers = Peers.Option();
    private readonly Option<bool> _channelsFirst = new("--channels-first") { Description = "Torch in its default memory format, which is slower, in place of channels last." };
    private readonly Option<bool> _stock = new("--torch-stock") { Description = "Torch with the allocator and the BLAS kernels that Debian chooses, which is slower." };
    private readonly Option<string> _python = new("--python") { Description = "The interpreter that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };
    private readonly Option<bool> _pause = Rounds.Pause();
    private readonly Option<string?> _save = new("--save") { Description = "Name of the result file, in place of one made of verb, model, and what is not usual." };

    private NetworkVerb(string name, int batch, Func<int, int, NetworkRecipe> recipe, string model = "sd15")
    {
        (_name, _recipe, _usualBatch) = (name, recipe, batch);
        _batch.DefaultValueFactory = _ => batch;
        _model.DefaultValueFactory = _ => model;
    }

    /// <summary>The denoiser, guided: 64×64 latents, two rows.</summary>
    public static Command Unet() => new NetworkVerb("unet", 2, Recipes.Unet).Command("One UNet evaluation against others.");

    /// <summary>Stable Diffusion 3's denoiser, guided: 128×128 latents, two rows.</summary>
    public static Command Mmdit() => new NetworkVerb("mmdit", 2, Recipes.Mmdit, "sd3-medium").Command("One evaluation of Stable Diffusion 3's transformer against others.");

    /// <summary>The decoder: 64×64 latents to 512×512 pixels.</summary>
    public static Command Vae() => new NetworkVerb("vae", 1, (size, batch) => Recipes.Vae(size, batch)).Command("One VAE decoding against others.");

    /// <summary>The text encoder: prompt and negative prompt.</summary>
    public static Command Text() => new NetworkVerb("text", 2, (_, batch) => Recipes.Text(batch)).Command("One text encoding against others.");

    private Command Command(string description)
    {
        Command command = new(_name, description) { _rounds, _threads, _batch, _model, _type, _peers, _channelsFirst, _stock, _python, _pause, _save };
        if (_name != "text")
        {
            command.Add(_size);
        }

        command.SetAction(Run);
        return command;
    }

    private void Run(ParseResult parsed)
    {
        int rounds = parsed.GetValue(_rounds), threads = parsed.GetValue(_threads), batch = parsed.GetValue(_batch);
        string model = parsed.GetRequiredValue(_model);
        int usual = _name == "text" ? 0 : ModelKeys.UsualSize(_name, model), size = parsed.GetValue(_size) is > 0 and int given ? given : usual;
        string? folder = ModelKeys.Models.Contains(model) ? null : model == Papercut ? PapercutModel.Folder : Path.GetFullPath(model);
        Machine machine = Machine.Read();
        string sizes = size == 0 ? $"{batch}" : $"{size} {size} {batch}";
        using Peers peers = Peers.Start(parsed.GetRequiredValue(_python), parsed.GetRequiredValue(_peers), threads, parsed.GetValue(_stock));
        peers.Prepare(_name, folder ?? model, sizes, $"channels_last={(parsed.GetValue(_channelsFirst) ? 0 : 1)}");
        NetworkRecipe recipe = _recipe(size, batch);
        using ProductNetwork ours = folder is null
            ? ProductNetwork.Random(recipe, ModelKeys.Read(model, recipe.Component), parsed.GetValue(_type), threads)
            : ProductNetwork.Open(recipe, folder, threads);

        double peak = 0;
        ProcessMemory.ForgetPeak(Environment.ProcessId);
        List<(double Seconds, double Hoisted, long Allocated)> mine = [];
        List<double[]> theirs = [];
        for (int round = 0; round <= rounds; round++)
        {
            // Who begins changes from round to round; round 0 warms all up and is not counted.
            double[] others = round % 2 == 0 ? peers.Turns(round, p => p.Run(_name)) : [];
            (double Seconds, double Hoisted, long Allocated) result = ours.Evaluate(round);
            others = round % 2 == 1 ? peers.Turns(round, p => p.Run(_name)) : others;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: ours {result.Seconds:F3} s{string.Concat(peers.All.Zip(others, (p, s) => $", {p.Name} {Report.Digits(s, 3)} s"))}"));
            if (round > 0)
            {
                mine.Add(result);
                theirs.Add(others);
            }

            Rounds.Paused(parsed.GetValue(_pause) && round == 0);
            peak = Math.Max(peak, FmaPeak.Measure(threads));
        }

        Report report = new(parsed.GetValue(_save) ?? $"{_name}-{Path.GetFileName(model)}{(size == usual ? "" : $"-{size}")}{(batch == _usualBatch ? "" : $"-batch-{batch}")}{(threads == 1 ? "-1-thread" : "")}", $"{_name} of {Path.GetFileName(model)}: one evaluation", machine);
        report.Say($"Ours: {ours.Device}; {ours.WeightBytes / 1e9:F2} GB of {parsed.GetValue(_type)} weights, made ready in {Report.Digits(ours.LoadTime.TotalSeconds)} s.");
        PeerTimes.Tell(report, [.. mine.Select(m => m.Seconds)], ProcessMemory.Peak, PeerTimes.Of(peers, [.. mine.Select(m => m.Seconds)], theirs));
        Describe(report, ours, mine, peak);
        report.Number("model", Path.GetFileName(model)).Number("shape", $"{(size == 0 ? "" : $"{size}x{size}, ")}batch {batch}").Number("threads", threads).Save();
    }

    private static void Describe(Report report, ProductNetwork ours, List<(double Seconds, double Hoisted, long Allocated)> mine, double peak)
    {
        double median = Statistics.Median(mine.Select(m => m.Seconds)), hoisted = Statistics.Median(mine.Select(m => m.Hoisted)), flops = ours.Flops;
        long allocated = mine.Max(m => m.Allocated);
        report.Say($"Ours has {Report.Digits(flops / 1e9, 2)} GFLOP: {Report.Digits(flops / median / 1e9, 0)} GFLOP/s, {Report.Digits(100 * flops / median / peak, 0)} % of the {Report.Digits(peak / 1e9, 0)} GFLOP/s of a register-only FMA loop in the same process.");
        if (ours.HasEvaluation)
        {
            report.Say($"Of the time {Report.Digits(hoisted, 3)} s is what the product computes once a request and not in every evaluation. The evaluation allocated {allocated} managed bytes.");
            report.Number("hoisted_s", hoisted).Number("allocated_bytes", allocated);
        }

        MemoryReport memory = ours.Executable.Memory;
        report.Say($"Memory by plan: weights {Report.MiB(memory.Weights)}, packed {Report.MiB(memory.Prepared)}, arena {Report.MiB(memory.Arena)}, run {Report.MiB(memory.Run)}.");
        report.Number("gflop", flops / 1e9).Number("fma_peak_gflops", peak / 1e9);
    }
}
