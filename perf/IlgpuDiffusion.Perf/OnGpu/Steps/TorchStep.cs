using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Single layers beside torch's, in turns.</summary>
internal sealed class TorchStep() : GpuStep("torch", "Layers beside torch", 90)
{
    private const string Table = "layer";

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        using Torch torch = new(bench);
        if (torch.Wait(bench) is not { } peer)
        {
            return;
        }

        int square = bench.Quick ? 64 : GemmStep.Square, tokens = bench.Quick ? 64 : 4096;
        bench.Try(Table, "square", () =>
        {
            double ratio = Compare(bench, peer, "gemm", $"{square} {square} {square}", OpCase.Linear(square, square, square));
            if (bench.Options.Kind == GpuKind.Cuda && !bench.Quick)
            {
                bench.Measure("gemm.of-torch", ratio);
            }
        });
        bench.Try(Table, "attention", () => Compare(bench, peer, "attention", $"2 24 {tokens} {tokens} 64", OpCase.Attention(2, 24, tokens, tokens, 64)));
        int side = bench.Quick ? 8 : 64;
        bench.Try(Table, "group norm", () => Norm(bench, peer, side));
        Shape x = new(1, 1, bench.Quick ? 64 : 8192, 640);
        bench.Try(Table, "silu", () => Compare(bench, peer, "silu", $"{x.Count}", OpCase.Light(new Unary(Activation.Silu), x)));
        foreach ((int batch, int inputs, int at, int outputs) in bench.Quick ? [(1, 32, 8, 32)] : ((int, int, int, int)[])[(2, 320, 64, 320), (2, 640, 64, 640), (2, 1280, 32, 1280), (2, 320, 128, 320), (1, 512, 128, 512), (1, 128, 512, 128)])
        {
            bench.Try(Table, $"convolution {inputs}", () => Compare(bench, peer, "conv", $"{batch} {inputs} {at} {outputs}", OpCase.Convolution(batch, inputs, at, outputs)));
        }

        foreach ((int rows, int inputs, int outputs) in bench.Quick ? [] : ((int, int, int)[])[(2048, 1280, 1280), (2048, 1280, 10240), (2048, 5120, 1280), (8192, 640, 640), (8192, 320, 320)])
        {
            bench.Try(Table, $"product {inputs}", () => Compare(bench, peer, "gemm", $"{rows} {outputs} {inputs}", OpCase.Linear(rows, inputs, outputs)));
        }

        foreach ((int batch, int heads, int queries, int keys, int width) in bench.Quick ? [] : ((int, int, int, int, int)[])[(2, 10, 4096, 4096, 64), (2, 20, 1024, 1024, 64), (2, 8, 4096, 4096, 40), (2, 8, 1024, 1024, 80), (2, 10, 4096, 77, 64), (1, 1, 4096, 4096, 512)])
        {
            bench.Try(Table, $"attention {width}", () => Compare(bench, peer, "attention", $"{batch} {heads} {queries} {keys} {width}", OpCase.Attention(batch, heads, queries, keys, width)));
        }
    }

    private static double Compare(GpuBench bench, Peer peer, string kind, string sizes, OpCase c)
    {
        peer.Prepare($"{kind} {sizes}");
        using OpRig rig = new(bench.Device, c.Op, c.Operands(bench.Fast));
        (double ours, double theirs) = Torch.Turns(bench, peer, kind, () => rig.Seconds(bench.Timer));
        peer.Drop(kind);
        return Row(bench, c.Name, ours, theirs, rig.Work.Flops);
    }

    private static void Norm(GpuBench bench, Peer peer, int side)
    {
        Shape x = new(2, side, side, 320), vector = Shape.Vector(320);
        OpCase statistics = OpCase.Light(new GroupNormStatistics(32, 1e-5), x, vector, vector), apply = OpCase.Light(new ScaleShift(Activation.Silu), x, new Shape(2, 1, 1, 640));
        peer.Prepare($"groupnorm 2 320 {side}");
        using OpRig first = new(bench.Device, statistics.Op, statistics.Operands(bench.Fast)), second = new(bench.Device, apply.Op, apply.Operands(bench.Fast));
        (double ours, double theirs) = Torch.Turns(bench, peer, "groupnorm", () => first.Seconds(bench.Timer) + second.Seconds(bench.Timer));
        Row(bench, $"group norm and SiLU {x}", ours, theirs, 0);
    }

    private static double Row(GpuBench bench, string name, double ours, double theirs, double flops)
    {
        Dictionary<string, double> numbers = new() { ["ours µs"] = ours * 1e6, ["torch µs"] = theirs * 1e6, ["ours as fast"] = theirs / ours };
        if (flops > 0)
        {
            (numbers["ours TFLOP/s"], numbers["torch TFLOP/s"]) = (flops / ours / 1e12, flops / theirs / 1e12);
        }

        bench.Row(Table, name, numbers);
        return theirs / ours;
    }
}
