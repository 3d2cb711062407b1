using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Oracle;

/// <summary>Every op as its formula says.</summary>
internal sealed partial class OracleKernels(Fusions fusions) : IKernels
{
    public Fusions LinearFusions => fusions & ~(Fusions.Resize | Fusions.Sums);

    public Fusions Conv2dFusions => fusions & ~(Fusions.Gate | Fusions.LayerNorm);

    // More than one, so that their order is seen.
    public int SumSlots(Conv2d op, in Operands operands) => fusions.HasFlag(Fusions.Sums) ? 3 : 0;

    // What is stored in F32 between two ops keeps no more digits when they are fused.
    private static double Round(double value) => (float)value;
}
