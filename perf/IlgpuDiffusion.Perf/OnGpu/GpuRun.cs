using System.Diagnostics;
using System.Globalization;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Perf.OnGpu.Steps;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>All steps, each in a process of its own that is ended when it hangs; then the report.</summary>
internal sealed class GpuRun(GpuRunOptions options)
{
    // Seconds in which a step that has come near its limit ends the case that it is at.
    private const double Reserve = 15;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly FindingsFile _findings = options.Findings;

    /// <summary>The steps that show whether anything works; they are done within three minutes.</summary>
    public static IReadOnlyList<GpuStep> Checks { get; } = [new SmokeStep(), new FactsStep(), new CorrectnessStep()];

    /// <summary>The steps that measure, in their order: what counts most comes first, since a run may be cut short.</summary>
    public static IReadOnlyList<GpuStep> Rates { get; } =
    [
        new CeilingsStep(), new GemmStep(), new AttentionStep(), new PicturesStep(), new NetworkStep("unet-sd15"), new NetworkStep("unet-sdxl"),
        new ConvolutionStep(), new LightStep(), new TorchStep(), new NetworkStep("vae"), new ColdStep(),
    ];

    /// <summary>Every step in its order.</summary>
    public static IReadOnlyList<GpuStep> Steps { get; } = [.. Checks, .. Rates];

    /// <summary>The steps of these names, "checks" and "rates" standing for <see cref="Checks"/> and <see cref="Rates"/>; all if there are none.</summary>
    public static IReadOnlyList<GpuStep> Choose(string? only)
    {
        IReadOnlyList<string> names = StepNames.Choose([.. Steps.Select(step => step.Name)], only, ("checks", Names(Checks)), ("rates", Names(Rates)));
        return [.. Steps.Where(step => names.Contains(step.Name))];
    }

    /// <summary>Runs the steps and writes the report.</summary>
    /// <returns>How many steps failed.</returns>
    public int Run()
    {
        Machine machine = Machine.Read();
        Directory.CreateDirectory(options.Output);
        IReadOnlyList<GpuStep> steps = Choose(options.Only);
        File.WriteAllText(Path.Combine(options.Output, "gpu-findings.jsonl"), "");
        Budget budget = new(TimeSpan.FromSeconds(options.Budget), () => _clock.Elapsed);
        int failed = 0;
        string? stopped = null;
        using TorchAhead ahead = new(options, steps);
        foreach (GpuStep step in steps)
        {
            if (stopped is not null || budget.IsSpent)
            {
                _findings.Add(new Finding(step.Name, "", "the step") { Error = stopped ?? Finding.NotBegun });
                failed++;
                continue;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"--- {step.Name}: {step.Title} ({_clock.Elapsed.TotalSeconds:F0} s)"));
            failed += Run(step, budget) ? 0 : 1;
            stopped = Gate.Stop(step.Name, step.Needed, _findings.Read());

            // The report is there whenever this process is ended.
            Describe(machine, steps).Write();
        }

        Describe(machine, steps, echo: true).Save();
        return failed;
    }

    private static string[] Names(IEnumerable<GpuStep> steps) => [.. steps.Select(step => step.Name)];

    // Processes of a step, one after another: each goes on behind the case at which the one before lost the device, crashed or hung.
    private bool Run(GpuStep step, Budget budget)
    {
        Stopwatch clock = Stopwatch.StartNew();
        int skip = 0;
        while (true)
        {
            options.Begun.Write(0);
            StepEnd end = Run(step, budget, step.Limit - clock.Elapsed, skip);
            if (!end.GoesOn(skip) || budget.IsSpent || step.Limit - clock.Elapsed < TimeSpan.FromSeconds(Reserve))
            {
                return end.ExitCode == 0;
            }

            skip = end.Begun;
        }
    }

    private StepEnd Run(GpuStep step, Budget budget, TimeSpan left, int skip)
    {
        TimeSpan limit = budget.LimitOf(left);
        using Process process = ChildProcess.Start(step.Environment, options.Arguments(step.Name, Math.Min(budget.Left.TotalSeconds, left.TotalSeconds - Reserve), skip));
        Stopwatch clock = Stopwatch.StartNew();
        Patience patience = new(options.Kind == GpuKind.Cuda ? step.Patience : step.Limit);
        while (!process.WaitForExit(Look))
        {
            bool hangs = patience.IsOver(options.Begun.Read(), clock.Elapsed);
            if (hangs || clock.Elapsed > limit)
            {
                process.Kill(entireProcessTree: true);
                string what = hangs ? $"it hung at case {options.Begun.Read()}" : string.Create(CultureInfo.InvariantCulture, $"it ran for {limit.TotalSeconds:F0} s");
                _findings.Add(new Finding(step.Name, "", "ended") { Error = $"{what} and was ended; what is here came before" });
                return new StepEnd(null, options.Begun.Read());
            }
        }

        int begun = options.Begun.Read();
        if (process.ExitCode > 1)
        {
            _findings.Add(new Finding(step.Name, "", "ended") { Error = process.ExitCode == StepEnd.Lost ? $"it lost the device at case {begun}" : $"its process ended with {process.ExitCode} at case {begun}" });
        }

        return new StepEnd(process.ExitCode, begun);
    }

    private Report Describe(Machine machine, IReadOnlyList<GpuStep> steps, bool echo = false)
    {
        IReadOnlyList<Finding> findings = _findings.Read();
        Func<string, double?> measure = FindingsFile.Measures(findings);
        Report report = new("gpu", "On a GPU", machine, options.Output, echo: false);
        report.Say($"{GpuVersion.Text}{(options.Quick ? "; quick: sizes are tiny, and no time here means anything" : "")}. {Math.Round(_clock.Elapsed.TotalSeconds)} s.");
        report.Say("## Targets");
        report.Echo = echo;
        report.Table(["target", "measured", ""], Target.Rows(measure));
        report.Echo = false;
        FindingsText.Describe(report, findings, steps);
        foreach (Finding finding in findings.Where(f => f.Table == Finding.Measures))
        {
            report.Number(finding.Name, finding.Numbers!.Values.First());
        }

        report.Number("failed", findings.Where(f => f.Error is not null).Select(f => $"{f.Step} {f.Table} {f.Name}: {f.Error}"));
        return report;
    }
}
