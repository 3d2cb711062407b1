using System.Diagnostics;
using System.Globalization;
using IlgpuDiffusion.Perf.OnGpu.Steps;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>All steps, each in a process of its own that is ended when it hangs; then the report.</summary>
internal sealed class GpuRun(GpuRunOptions options)
{
    // Seconds in which a step that has come near its limit ends the case that it is at.
    private const double Reserve = 15;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly FindingsFile _findings = options.Findings;

    /// <summary>Every step in its order.</summary>
    public static IReadOnlyList<GpuStep> Steps { get; } =
    [
        new FactsStep(), new CorrectnessStep(), new CeilingsStep(), new GemmStep(), new AttentionStep(), new ConvolutionStep(), new LightStep(),
        new NetworkStep("unet-sd15"), new TorchStep(), new NetworkStep("unet-sdxl"), new NetworkStep("vae"), new PicturesStep(), new ColdStep(),
    ];

    /// <summary>The steps of these names; all if there are none.</summary>
    public static IReadOnlyList<GpuStep> Choose(string? only)
    {
        IReadOnlyList<string> names = StepNames.Choose([.. Steps.Select(step => step.Name)], only);
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
        foreach (GpuStep step in steps)
        {
            if (budget.IsSpent)
            {
                _findings.Add(new Finding(step.Name, "", "not begun") { Error = "the time budget is spent" });
                failed++;
                continue;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"--- {step.Name}: {step.Title} ({_clock.Elapsed.TotalSeconds:F0} s)"));
            failed += Run(step, budget) ? 0 : 1;
        }

        Describe(machine, steps);
        return failed;
    }

    private bool Run(GpuStep step, Budget budget)
    {
        TimeSpan limit = budget.LimitOf(step.Limit);
        using Process process = ChildProcess.Start(step.Environment, options.Arguments(step.Name, Math.Min(budget.Left.TotalSeconds, step.Limit.TotalSeconds - Reserve)));
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            _findings.Add(new Finding(step.Name, "", "ended") { Error = string.Create(CultureInfo.InvariantCulture, $"it ran for {limit.TotalSeconds:F0} s and was ended; what is here came before") });
            return false;
        }

        if (process.ExitCode > 1)
        {
            _findings.Add(new Finding(step.Name, "", "ended") { Error = $"its process ended with {process.ExitCode}" });
        }

        return process.ExitCode == 0;
    }

    private void Describe(Machine machine, IReadOnlyList<GpuStep> steps)
    {
        IReadOnlyList<Finding> findings = _findings.Read();
        Func<string, double?> measure = FindingsFile.Measures(findings);
        Report report = new("gpu", "On a GPU", machine, options.Output, echo: false);
        report.Say($"{GpuVersion.Text}{(options.Quick ? "; quick: sizes are tiny, and no time here means anything" : "")}. {Math.Round(_clock.Elapsed.TotalSeconds)} s.");
        report.Say("## Targets");
        report.Echo = true;
        report.Table(["target", "measured", ""], Target.Rows(measure));
        report.Echo = false;
        FindingsText.Describe(report, findings, steps);
        foreach (Finding finding in findings.Where(f => f.Table == Finding.Measures))
        {
            report.Number(finding.Name, finding.Numbers!.Values.First());
        }

        report.Number("failed", findings.Where(f => f.Error is not null).Select(f => $"{f.Step} {f.Table} {f.Name}: {f.Error}")).Save();
    }
}
