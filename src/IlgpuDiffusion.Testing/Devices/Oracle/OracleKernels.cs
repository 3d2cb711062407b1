using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

/// <summary>Every op as its formula says.</summary>
internal sealed partial class OracleKernels : IKernels
{
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
