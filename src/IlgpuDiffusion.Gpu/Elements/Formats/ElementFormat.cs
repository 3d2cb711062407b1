using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>What stands for a type of activations in kernels.</summary>
internal enum ElementFormat
{
    /// <summary><see cref="Float32Format"/>.</summary>
    Float32,

    /// <summary><see cref="BFloat16Format"/>.</summary>
    BFloat16,

    /// <summary><see cref="Float16Format"/>.</summary>
    Float16,

    /// <summary><see cref="CudaFloat16Format"/>.</summary>
    CudaFloat16,
}

/// <summary>Types of activations.</summary>
internal static class ElementFormats
{
    /// <summary>What stands for a type.</summary>
    public static ElementFormat Of(GpuHost host, ElementType type) => type switch
    {
        ElementType.F32 => ElementFormat.Float32,
        ElementType.BF16 => ElementFormat.BFloat16,
        ElementType.F16 => host.Kind == GpuKind.Cuda ? ElementFormat.CudaFloat16 : ElementFormat.Float16,
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
