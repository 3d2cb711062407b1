using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>Attention as a share of the machine's multiply-add peak, and the light ops in bytes a second, at sizes of Stable Diffusion.</summary>
internal static class OpTimings
{
    public static void Run(int threads)
    {
        using WorkerPool pool = new(threads);
        pool.Reserve(1 << 20);
        double peak = FmaPeak.Measure(pool);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Simd.Level}, {threads} threads; registers {peak / 1e9:F0} GFLOP/s"));
        Console.WriteLine();
        using CpuDevice device = new(new CpuDeviceOptions { Threads = threads });
        Console.WriteLine("| attention (batch, heads, queries × keys, width) | ms (median) | ms (least) | share of peak (median) | (least) |");
        Console.WriteLine("|---|--:|--:|--:|--:|");
        foreach ((int batch, int heads, int queries, int keys, int width) in Attentions)
        {
            TensorType q = Tokens(batch, queries, heads * width), k = Tokens(batch, keys, heads * width);
            Attention op = new(heads, 1 / Math.Sqrt(width), false, false, new(default(SegmentForm)));
            using OpTiming timing = new(device, op, q, k, k);
            (double median, double least) = timing.Measure(TimeSpan.FromMilliseconds(400));
            double flops = timing.Work.Flops;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {batch}, {heads}, {queries} × {keys}, {width} | {median * 1e3:F2} | {least * 1e3:F2} | {flops / median / peak:P0} | {flops / least / peak:P0} |"));
        }

        Console.WriteLine();
        Console.WriteLine("| op | ms (median) | ms (least) | GB/s (least) |");
        Console.WriteLine("|---|--:|--:|--:|");
        TensorType picture = new(new Shape(2, 64, 64, 320)), vector = new(Shape.Vector(320)), statistics = new(new Shape(2, 64, 64, 2));
        Report(device, new GroupNormStatistics(32, 1e-5), picture, vector, vector);
        Report(device, new ScaleShift(Activation.Silu), picture, new TensorType(new Shape(2, 1, 1, 640)));
        Report(device, new RowStatistics(1e-5), picture);
        Report(device, new NormalizeRows(), picture, statistics, vector, vector);
        Report(device, new Unary(Activation.Gelu), picture);
        Report(device, new Gated(Activation.Gelu), new TensorType(new Shape(2, 64, 64, 640)));
        Report(device, new Binary(BinaryKind.Add), picture, picture);
        Report(device, new Concat(Axis.Channels), picture, picture);
        Report(device, new Upsample(128, 128), picture);
        Report(device, new Cast(ElementType.F16), picture);
    }

    private static (int Batch, int Heads, int Queries, int Keys, int Width)[] Attentions =>
    [
        (2, 8, 4096, 4096, 40), (2, 8, 4096, 77, 40), (2, 8, 1024, 1024, 80), (2, 8, 256, 256, 160), (2, 8, 64, 64, 160),
        (2, 10, 4096, 4096, 64), (2, 20, 1024, 1024, 64), (2, 20, 1024, 77, 64), (1, 1, 4096, 4096, 512), (2, 12, 77, 77, 64),
    ];

    private static TensorType Tokens(int batch, int tokens, int channels) => new(new Shape(batch, 1, tokens, channels));

    private static void Report(CpuDevice device, Op op, params ReadOnlySpan<TensorType> inputs)
    {
        using OpTiming timing = new(device, op, inputs);
        (double median, double least) = timing.Measure(TimeSpan.FromMilliseconds(200));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {op.Name} | {median * 1e3:F2} | {least * 1e3:F2} | {timing.Work.Bytes / least / 1e9:F1} |"));
    }
}
