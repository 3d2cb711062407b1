using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>Linear layers and convolutions of Stable Diffusion 1.5 at 512², two branches, as shares of the machine's multiply-add peak.</summary>
internal static class GemmTimings
{
    public static void Run(int threads, string? only)
    {
        using WorkerPool pool = new(threads);
        pool.Reserve(1 << 20);
        double peak = FmaPeak.Measure(pool);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Simd.Level}, {threads} threads; registers {peak / 1e9:F0} GFLOP/s; one thread's tiles {FmaPeak.MeasureTile(TileSweep.Tall) / 1e9:F0} and {FmaPeak.MeasureTile(TileSweep.Short) / 1e9:F0} GFLOP/s"));
        Console.WriteLine();
        if (only is null)
        {
            Packing(pool);
            Console.WriteLine();
        }

        Console.WriteLine("| product | type | ms (median) | share of the peak beside it | that peak, GFLOP/s |");
        Console.WriteLine("|---|---|--:|--:|--:|");
        foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16])
        {
            foreach ((int rows, int inputs, int outputs, bool gated, Prologue prologue) in Linears)
            {
                Linear op = new(prologue, new Epilogue(Bias: true, Activation: gated ? Activation.Gelu : Activation.None, Gated: gated, Residual: !gated));
                string name = $"{rows}×{inputs}×{outputs}{(gated ? " GEGLU" : "")}{(prologue == Prologue.None ? "" : $" {prologue}")}";
                Report(pool, only, name, type, op, new Shape(1, 1, rows, inputs), Shape.Matrix(outputs, inputs));
            }
        }

        foreach ((int channels, int side, int outputs, Prologue prologue) in Convolutions)
        {
            Conv2d op = new(1, Padding.All(1), Prologue: prologue, Epilogue: new Epilogue(Bias: true, RowBias: true));
            string name = $"3×3 {channels}→{outputs} at {side}²{(prologue == Prologue.None ? "" : $" {prologue}")}";
            Report(pool, only, name, ElementType.F16, op, new Shape(2, side, side, channels), new Shape(outputs, channels, 3, 3));
        }

        foreach ((int batch, int channels, int side) in Doubled)
        {
            foreach ((string how, bool phases, ConvolutionMethod method) in (ReadOnlySpan<(string, bool, ConvolutionMethod)>)[("", false, ConvolutionMethod.Direct), (", in phases", true, ConvolutionMethod.Direct), (", F(4×4)", false, ConvolutionMethod.Winograd4), (", phases by F(3×3)", true, ConvolutionMethod.WinogradPhases)])
            {
                Conv2d op = new(1, Padding.All(1), new Grid(2 * side, 2 * side), Epilogue: new Epilogue(Bias: true), Winograd: true, Phases: phases);
                string name = $"3×3 {channels}→{channels} at {side}² doubled, {batch} rows{how}";
                Report(pool, only, name, ElementType.F16, op, new Shape(batch, side, side, channels), new Shape(channels, channels, 3, 3), method);
            }
        }
    }

    private static void Packing(WorkerPool pool)
    {
        foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16])
        {
            foreach (Shape shape in (Shape[])[Shape.Matrix(5120, 1280), new(1280, 1280, 3, 3)])
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"packing {type}{shape}: {ProductTiming.PackingRate(pool, shape, type) / 1e9:F1} GB/s"));
            }
        }
    }

    /// <summary>Up to so many rows the weight's way from memory counts: then there are as many weights as no cache holds, as in a network.</summary>
    private const int FewRows = 154;
    private const long UncachedBytes = 192 << 20;

    private static (int Rows, int Inputs, int Outputs, bool Gated, Prologue Prologue)[] Linears =>
    [
        (8192, 320, 320, false, Prologue.None),
        (8192, 320, 320, false, Prologue.LayerNorm),
        (8192, 320, 2560, true, Prologue.LayerNorm),
        (8192, 1280, 320, false, Prologue.None),
        (2048, 640, 640, false, Prologue.None),
        (2048, 640, 5120, true, Prologue.LayerNorm),
        (512, 1280, 1280, false, Prologue.None),
        (154, 768, 2304, false, Prologue.LayerNorm),
        (154, 768, 3072, false, Prologue.None),
        (154, 3072, 768, false, Prologue.None),
        (2, 1280, 1280, false, Prologue.None),

        // Stable Diffusion XL's, and of two streams.
        (4096, 640, 640, false, Prologue.None),
        (4096, 640, 5120, true, Prologue.LayerNorm),
        (1024, 1280, 1280, false, Prologue.None),
        (1024, 1280, 10240, true, Prologue.LayerNorm),
        (1024, 5120, 1280, false, Prologue.None),
        (4096, 1536, 6144, false, Prologue.None),
    ];

    private static (int Channels, int Side, int Outputs, Prologue Prologue)[] Convolutions =>
    [
        (320, 64, 320, Prologue.None),
        (320, 64, 320, Prologue.ScaleShiftSilu),
        (640, 32, 640, Prologue.None),
        (640, 32, 640, Prologue.ScaleShiftSilu),
        (1280, 16, 1280, Prologue.ScaleShiftSilu),
        (1280, 8, 1280, Prologue.ScaleShiftSilu),
        (4, 64, 320, Prologue.None),
        (320, 64, 4, Prologue.ScaleShiftSilu),
    ];

    private static (int Batch, int Channels, int Side)[] Doubled => [(2, 1280, 8), (2, 1280, 12), (2, 1280, 16), (2, 640, 32), (1, 512, 64), (1, 512, 128), (1, 256, 256)];

    private static void Report(WorkerPool pool, string? only, string name, ElementType type, Op op, Shape x, Shape weight, ConvolutionMethod? method = null)
    {
        if (only is not null && !$"{name} {type}".Contains(only, StringComparison.Ordinal))
        {
            return;
        }

        int weights = x.Rows <= FewRows ? (int)(UncachedBytes / (weight.Count * type.Size())) : 1;
        using ProductTiming timing = new(pool, op, x, weight, type, method, weights);
        (double median, double share, double peak) = timing.Measure(pool, TimeSpan.FromMilliseconds(600));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {type} | {median * 1e3:F2} | {100 * share:F1} % | {peak / 1e9:F0} |"));
    }
}
