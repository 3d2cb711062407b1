using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu;

/// <summary>CUDA devices as their driver describes them.</summary>
internal static class CudaDevices
{
    /// <summary>What the driver says of a device.</summary>
    public static GpuFacts Facts(CudaDevice device) => new(GpuKind.Cuda, device.Name, device.MemorySize)
    {
        Driver = new Version(device.DriverVersion.Major, device.DriverVersion.Minor),
        Capability = device.Architecture is { } architecture ? new Version(architecture.Major, architecture.Minor) : null,
        IsKnownToIlgpu = device is { Architecture: not null, InstructionSet: { } set } && PTXCodeGenerator.SupportedInstructionSets.Contains(set),
    };
}
