using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Ops that memory decides, on tensors that no cache holds and on those of a UNet, as shares of the bandwidth of a copy.</summary>
internal sealed class LightStep() : GpuStep("light", "Norms and elementwise maps", 60)
{
    private const string Table = "light op";

    /// <inheritdoc/>
    public override TimeSpan Patience { get; } = TimeSpan.FromSeconds(40);

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        double copy = CeilingsStep.Copy(bench), least = double.PositiveInfinity;
        bench.Say("copy", $"{copy / 1e9:F0} GB/s");
        int complete = bench.Failures;
        Shape large = bench.Quick ? new Shape(2, 16, 16, 64) : new Shape(2, 512, 512, 256);
        foreach (OpCase c in Cases(large))
        {
            bench.Try(Table, c.Name, () => least = Math.Min(least, Measure(bench, c, copy)));
        }

        foreach (OpCase c in bench.Quick ? [] : Cases(new Shape(2, 64, 64, 320)))
        {
            bench.Try(Table, c.Name, () => Measure(bench, c, copy));
        }

        bench.Say("clocks", GpuClocks.Read() ?? "not to be read");
        if (complete == bench.Failures && !bench.Quick)
        {
            bench.Measure("light.least", least);
        }
    }

    private static IEnumerable<OpCase> Cases(Shape x)
    {
        Shape vector = Shape.Vector(x.Channels);
        yield return OpCase.Light(new GroupNormStatistics(32, 1e-5), x, vector, vector);
        yield return OpCase.Light(new ScaleShift(Activation.Silu), x, new Shape(x.Batch, 1, 1, 2 * x.Channels));
        yield return OpCase.Light(new RowStatistics(1e-5), x);
        yield return OpCase.Light(new NormalizeRows(), x, x with { Channels = 2 }, vector, vector);
        yield return OpCase.Light(new Unary(Activation.Gelu), x);
        yield return OpCase.Light(new Gated(Activation.Gelu), x);
        yield return OpCase.Pair(new Binary(BinaryKind.Add), x, x);
        yield return OpCase.Pair(new Concat(Axis.Channels), x, x);
        yield return OpCase.Light(new Upsample(2 * x.Height, 2 * x.Width), x with { Batch = 1 });
        yield return OpCase.Light(new Cast(ElementType.F32), x);
    }

    private static double Measure(GpuBench bench, OpCase c, double copy)
    {
        using OpRig rig = new(bench.Device, c.Op, c.Operands(bench.Fast));
        double seconds = rig.Seconds(bench.Timer), rate = rig.Work.Bytes / seconds;
        bench.Row(Table, $"{bench.Fast} {c.Name}", new() { ["µs"] = seconds * 1e6, ["GB/s"] = rate / 1e9, ["of a copy"] = rate / copy }, rig.Kernel);
        return rate / copy;
    }
}
