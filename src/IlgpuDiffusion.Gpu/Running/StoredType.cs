using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>What stands for a type of activations in kernels.</summary>
internal enum Stored
{
    /// <summary><see cref="SingleElement"/>.</summary>
    Single,

    /// <summary><see cref="BrainElement"/>.</summary>
    Brain,

    /// <summary><see cref="HalfElement"/>.</summary>
    Half,

    /// <summary><see cref="CudaHalfElement"/>.</summary>
    CudaHalf,
}

/// <summary>Types of activations.</summary>
internal static class StoredType
{
    /// <summary>What stands for a type.</summary>
    public static Stored Of(GpuHost host, ElementType type) => type switch
    {
        ElementType.F32 => Stored.Single,
        ElementType.BF16 => Stored.Brain,
        ElementType.F16 => host.Kind == GpuKind.Cuda ? Stored.CudaHalf : Stored.Half,
        _ => throw new ArgumentException($"A device of ILGPU computes in F32, F16 and BF16, not {type}. Cast it.", nameof(type)),
    };

    /// <summary>Refuses an operand of another type than a kernel reads.</summary>
    public static void Require(in TensorType operand, ElementType type)
    {
        if (operand.Type != type)
        {
            throw new ArgumentException($"An operand {operand} is to be {type} for a device of ILGPU. Cast it.", nameof(operand));
        }
    }
}
