using ILGPU;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Launches of kernels on emulated tensor cores.</summary>
internal static class Launches
{
    /// <summary>Groups of some items, with the kernel's bytes of shared memory and what the emulation needs.</summary>
    public static KernelConfig Emulated<TNumber>(Index3D groups, int items, int bytes)
        where TNumber : struct, INumber16 =>
        new(groups, new Index3D(items, 1, 1), SharedMemoryConfig.RequestDynamic<uint>(EmulatedCopies.Words(bytes, items)));
}
