using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Runs what a device launches on CUDA by interpreting the text that its driver would be given.</summary>
internal sealed class PtxRunner : IKernelRunner
{
    /// <summary>A device of CUDA's without CUDA.</summary>
    public static GpuDevice Open() => GpuDevice.Open(GpuKind.Cuda, new GpuDeviceOptions { Runner = new PtxRunner() });

    public void Run(MethodInfo kernel, KernelSpecialization specialization, KernelConfig config, object[] arguments)
    {
        PtxCode code = PtxLab.Of(kernel, specialization);
        PtxMemory memory = new();
        byte[][] bytes = [.. arguments.Select(argument => PtxArguments.Bytes(argument, memory))];
        int shared = config.SharedMemoryConfig.NumElements * config.SharedMemoryConfig.ElementSize;
        try
        {
            PtxGroup.Run(code.Program(shared), memory, bytes, config.GroupDim.Size, shared, (config.GridDim.X, config.GridDim.Y, config.GridDim.Z));
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{code.Name}: {e.Message}", e);
        }
    }
}
