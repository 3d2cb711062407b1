using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>3×3 convolutions of Stable Diffusion 1.5 at 512², in the UNet with two branches: the direct way against Winograd's.</summary>
internal static class ConvTimings
{
    public static void Run(int threads, string? only)
    {
        using WorkerPool pool = new(threads);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Simd.Level}, {threads} threads"));
        Console.WriteLine("Shares are of the direct way's arithmetic in the peak measured beside each run; Winograd's may exceed 1.");
        Console.WriteLine();
        Console.WriteLine("| layer | type | direct: ms (share of peak) | F(2×2) | F(4×4) | taken ÷ direct | the device takes |");
        Console.WriteLine("|---|---|--:|--:|--:|--:|---|");
        foreach ((int batch, int channels, int side, int outputs, int resized, ElementType type) in Layers)
        {
            string name = $"{batch} × {channels}→{outputs} at {side}²{(resized == side ? "" : $", resized to {resized}²")}";
            if (only is null || name.Contains(only, StringComparison.Ordinal))
            {
                Measure(pool, name, batch, channels, side, outputs, resized, type);
            }
        }
    }

    private static void Measure(WorkerPool pool, string name, int batch, int channels, int side, int outputs, int resized, ElementType type)
    {
        Conv2d op = new(1, Padding.All(1), resized == side ? default : new Grid(resized, resized), resized == side ? Prologue.ScaleShiftSilu : Prologue.None, new Epilogue(Bias: true, RowBias: true), Winograd: true);
        (Shape x, Shape weight) = (new(batch, side, side, channels), new(outputs, channels, 3, 3));
        double[] times = new double[3], shares = new double[3];
        foreach (ConvolutionMethod method in (ConvolutionMethod[])[ConvolutionMethod.Direct, ConvolutionMethod.Winograd2, ConvolutionMethod.Winograd4])
        {
            using ProductTiming timing = new(pool, op, x, weight, type, method);
            (times[(int)method], shares[(int)method], _) = timing.Measure(pool, TimeSpan.FromMilliseconds(400));
        }

        ConvolutionMethod taken = WinogradChoice.Choose(x, new Shape(batch, resized, resized, outputs), op.Phases);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {type} | {times[0] * 1e3:F2} ({shares[0]:P0}) | {times[1] * 1e3:F2} ({shares[1]:P0}) | {times[2] * 1e3:F2} ({shares[2]:P0}) | {shares[(int)taken] / shares[0]:F2} | {taken} |"));
    }

    private static (int Batch, int Channels, int Side, int Outputs, int Resized, ElementType Type)[] Layers =>
    [
        (2, 320, 64, 320, 64, ElementType.F16),
        (2, 960, 64, 320, 64, ElementType.F16),
        (2, 640, 32, 640, 32, ElementType.F16),
        (2, 1920, 32, 640, 32, ElementType.F16),
        (2, 1280, 16, 1280, 16, ElementType.F16),
        (2, 2560, 16, 1280, 16, ElementType.F16),
        (2, 1280, 8, 1280, 8, ElementType.F16),
        (2, 2560, 8, 1280, 8, ElementType.F16),
        (1, 1280, 8, 1280, 8, ElementType.F16),
        (2, 1280, 8, 1280, 16, ElementType.F16),
        (2, 640, 32, 640, 64, ElementType.F16),
        (2, 320, 64, 320, 64, ElementType.F32),
        (2, 1280, 16, 1280, 16, ElementType.F32),
        (1, 512, 64, 512, 64, ElementType.F16),
        (1, 512, 128, 512, 128, ElementType.F16),
        (1, 256, 256, 256, 256, ElementType.F16),
        (1, 128, 512, 128, 512, ElementType.F16),
        (1, 4, 64, 512, 64, ElementType.F16),
        (2, 4, 64, 320, 64, ElementType.F16),
        (2, 320, 64, 4, 64, ElementType.F16),
        (1, 128, 512, 3, 512, ElementType.F16),
        (2, 64, 32, 64, 32, ElementType.F16),
        (2, 128, 16, 128, 16, ElementType.F16),
        (2, 192, 8, 192, 8, ElementType.F16),
    ];
}
