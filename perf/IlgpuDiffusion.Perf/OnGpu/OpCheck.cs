using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>One op on the device against the oracle's result.</summary>
internal static class OpCheck
{
    /// <summary>The largest |a − b| / (1 + |b|) that rounding explains: of a sum of K terms in f32, of two roundings to 16 bits else.</summary>
    public static double Tolerance(ElementType type, int terms) => type switch
    {
        ElementType.F16 => 1.5e-3,
        ElementType.BF16 => 1.2e-2,
        _ => 1e-5 * Math.Sqrt(Math.Max(1, terms)),
    };

    /// <summary>Says how far the device is from the truth; too far is a failure.</summary>
    /// <param name="bench">The run.</param>
    /// <param name="c">The op.</param>
    /// <param name="type">The type in which activations are stored.</param>
    /// <param name="truth">What the oracle gives.</param>
    /// <param name="what">What is said in front of the kernel's name.</param>
    /// <returns>The largest error as a share of the tolerance.</returns>
    public static double Compare(GpuBench bench, OpCase c, ElementType type, Task<float[]> truth, string? what = null)
    {
        using OpRig rig = new(bench.Device, c.Op, c.Operands(type));
        float[] values = rig.Run(), expected = truth.GetAwaiter().GetResult();
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(values[i] - expected[i]) / (1 + Math.Abs(expected[i]));
            worst = error >= 0 ? Math.Max(worst, error) : double.PositiveInfinity;
        }

        double share = worst / Tolerance(type, c.Terms);
        string name = $"{type} {c.Name}";
        bench.Row(Finding.Ops, name, new() { ["largest error"] = worst, ["÷ tolerance"] = share }, $"{(what is null ? "" : what + ": ")}{rig.Kernel}");
        if (share > 1)
        {
            bench.Fail(Finding.Ops, name, $"too far from the oracle, {Digits.Of(share)} times the tolerance");
        }

        return share;
    }

    /// <summary>What a device gives.</summary>
    public static float[] Values(Device device, OpCase c, ElementType type)
    {
        using OpRig rig = new(device, c.Op, c.Operands(type));
        return rig.Run();
    }
}
