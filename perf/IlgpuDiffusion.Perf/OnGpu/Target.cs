namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>How a measure stands to its bound.</summary>
internal enum Verdict
{
    /// <summary>There is no number.</summary>
    NotMeasured,

    /// <summary>It is within.</summary>
    Reached,

    /// <summary>It is not.</summary>
    Missed,
}

/// <summary>A number that is to be reached on a GPU.</summary>
/// <param name="Text">What it is, with the bound.</param>
/// <param name="Measure">The measure's name.</param>
/// <param name="Bound">The bound.</param>
/// <param name="AtMost">Whether it is a bound from above.</param>
internal sealed record Target(string Text, string Measure, double Bound, bool AtMost = false)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Target> All { get; } =
    [
        new("every op agrees with the oracle: worst error ÷ tolerance ≤ 1", "correct.worst", 1, AtMost: true),
        new("no kernel keeps registers in memory: bytes of local memory ≤ 0", "kernels.local", 0, AtMost: true),
        new("bf16 GEMM 8192³ ≥ 400 TFLOP/s", "gemm.bf16", 400),
        new("bf16 GEMM 8192³ ≥ 0.5 of torch", "gemm.of-torch", 0.5),
        new("attention (B·H 48, N 4096, D 64) ≥ 230 TFLOP/s", "attention.bf16", 230),
        new("norms and elementwise maps ≥ 0.8 of the copy bandwidth, the least of them", "light.least", 0.8),
        new("SD 1.5 UNet evaluation, bf16, ≥ 0.6 of torch's speed", "unet-sd15.of-torch", 0.6),
        new("SDXL UNet evaluation, bf16, ≥ 0.6 of torch's speed", "unet-sdxl.of-torch", 0.6),
        new("launch overhead of an SD 1.5 512² evaluation < 0.05", "unet-sd15.overhead", 0.05, AtMost: true),
        new("pictures in f32 against the CPU device ≥ 50 dB", "psnr.F32", 50),
        new("pictures in f16 against the CPU device ≥ 30 dB", "psnr.F16", 30),
        new("pictures in bf16 against the CPU device ≥ 30 dB", "psnr.BF16", 30),
        new("the same bits in two runs, and alone as in a batch ≥ 1", "pictures.same-bits", 1),
    ];

    /// <summary>How it stands.</summary>
    public Verdict Judge(double? value) => value switch
    {
        null or double.NaN => Verdict.NotMeasured,
        { } v when (AtMost && v <= Bound) || (!AtMost && v >= Bound) => Verdict.Reached,
        _ => Verdict.Missed,
    };

    /// <summary>The table of all targets.</summary>
    public static IEnumerable<IReadOnlyList<string>> Rows(Func<string, double?> measure) => All.Select(target =>
    {
        double? value = measure(target.Measure);
        return (string[])[target.Text, value is { } v ? Digits.Of(v) : "–", target.Judge(value) switch { Verdict.Reached => "reached", Verdict.Missed => "**missed**", _ => "not measured" }];
    });
}
