using ILGPU.Runtime;
#if ILGPU_PACKAGE
using ILGPU.Runtime.Cuda;
#endif

namespace IlgpuDiffusion.Gpu;

/// <summary>Which units multiply matrices of 16-bit numbers.</summary>
internal enum TensorCoreKind
{
    /// <summary>The plain ones.</summary>
    None,

    /// <summary>NVIDIA's tensor cores, by PTX.</summary>
    Cuda,

    /// <summary>Plain ones that do as tensor cores do, for tests.</summary>
    Emulated,
}

internal sealed partial class GpuHost
{
    // Groups on tensor cores have up to 256 items.
    private const int EmulatedWarps = 8;

    /// <summary>What tensor cores there are. Kernels for them take groups of 128 items and more, warps of 32.</summary>
    public TensorCoreKind TensorCores { get; }

    // sm_80 is the first with bf16 and asynchronous copies.
    private static bool HasTensorCores(Accelerator accelerator) =>
#if ILGPU_PACKAGE
        accelerator is CudaAccelerator { Architecture.Major: >= 8 };
#else
        false;
#endif
}
