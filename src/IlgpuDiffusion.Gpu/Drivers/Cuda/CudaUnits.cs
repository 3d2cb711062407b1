using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>CUDA's units: sums that are rounded once.</summary>
internal struct CudaUnits : IUnits
{
    public static ArrayView<F4> Shared() => SharedMemory.GetDynamic<F4>().AsAligned(128);

    public static float MultiplyAdd(float a, float b, float c) => Ptx.MultiplyAdd(a, b, c);
}
