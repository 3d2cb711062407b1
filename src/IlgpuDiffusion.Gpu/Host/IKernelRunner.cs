using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu;

/// <summary>Runs kernels in place of CUDA's driver, on memory of the processor; for tests.</summary>
internal interface IKernelRunner
{
    /// <summary>Runs a kernel to its end.</summary>
    /// <param name="kernel">Its entry with the type arguments.</param>
    /// <param name="specialization">How it is compiled.</param>
    /// <param name="config">Its groups.</param>
    /// <param name="arguments">Its arguments: structs of numbers, views.</param>
    void Run(MethodInfo kernel, KernelSpecialization specialization, KernelConfig config, object[] arguments);
}
