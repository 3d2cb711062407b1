using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Oracle;

/// <summary>Every op as its formula says.</summary>
internal sealed partial class OracleKernels(Fusions fusions) : IKernels
{
    public IReadOnlyList<ElementType> Stores { get; } = [ElementType.F32, ElementType.F16, ElementType.BF16];

    public Fusions LinearFusions => fusions & ~(Fusions.Resize | Fusions.Sums);

    public Fusions Conv2dFusions => fusions & ~(Fusions.Gate | Fusions.LayerNorm);

    // More than one, so that their order is seen.
    public int SumSlots(Conv2d op, in Operands operands) => fusions.HasFlag(Fusions.Sums) ? 3 : 0;

    // What is stored in a type between two ops keeps no more digits when they are fused.
    private static double Round(double value, ElementType type) => type switch
    {
        ElementType.F16 => (double)(Half)value,
        ElementType.BF16 => Elements.FromBFloat16(Elements.ToBFloat16((float)value)),
        _ => (float)value,
    };

    // What is stored in F32 between two ops keeps no more digits when they are fused.
    private static double Round(double value) => (float)value;
}
