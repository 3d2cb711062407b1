using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>How a run on a GPU is done.</summary>
/// <param name="Kind">The kind of device.</param>
/// <param name="Only">Names of steps with commas, or null for all.</param>
/// <param name="Budget">Seconds.</param>
/// <param name="Output">The folder for results.</param>
/// <param name="Quick">Tiny sizes and few repetitions: to see that everything runs.</param>
/// <param name="Emulate">Whether ilgpu-cpu emulates tensor cores.</param>
/// <param name="Python">The interpreter that has torch; empty leaves torch out.</param>
internal sealed record GpuRunOptions(GpuKind Kind, string? Only, double Budget, string Output, bool Quick, bool Emulate, string Python)
{
    /// <summary>How many cases of its step a process leaves out, since an earlier process began them.</summary>
    public int Skip { get; init; }

    /// <summary>Every finding, a line each.</summary>
    public FindingsFile Findings => new(Path.Combine(Output, "gpu-findings.jsonl"));

    /// <summary>How many cases the process of a step has begun.</summary>
    public CaseCount Begun => new(Path.Combine(Output, "gpu-begun.txt"));

    /// <summary>The command line of a process that does one step of this run.</summary>
    /// <param name="step">The step.</param>
    /// <param name="seconds">Its part of the budget.</param>
    /// <param name="skip">How many of its cases are left out.</param>
    public string[] Arguments(string step, double seconds, int skip) =>
    [
        "gpu", "--step", step, "--skip", skip.ToString(System.Globalization.CultureInfo.InvariantCulture), "--device", Kind.Text(), "--budget", seconds.ToString("F1", System.Globalization.CultureInfo.InvariantCulture), "--output", Output,
        .. Quick ? ["--quick"] : (string[])[], .. Emulate ? ["--emulate"] : (string[])[], .. Python.Length > 0 ? ["--python", Python] : (string[])["--no-torch"],
    ];
}
