using System.Reflection;
using ILGPU.Runtime.OpenCL;

namespace IlgpuDiffusion.Gpu;

/// <summary>OpenCL devices as their drivers describe them.</summary>
internal static class OpenClDevices
{
    private static readonly PropertyInfo? Generic = typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace));

    /// <summary>What a driver says of a device.</summary>
    public static GpuFacts Facts(CLDevice device) => new(GpuKind.OpenCL, device.Name, device.MemorySize)
    {
        Language = new Version(device.CLStdVersion.Major, device.CLStdVersion.Minor),
        HasDoubles = device.Capabilities.Float64,
        IsProcessor = device.DeviceType == CLDeviceType.CL_DEVICE_TYPE_CPU,
        HasGenericSpace = device.Capabilities.GenericAddressSpace,
        IsKnownToIlgpu = device.Capabilities.GenericAddressSpace || Generic is { CanWrite: true },
    };

    /// <summary>
    /// Makes ILGPU take a device. It asks for a generic address space too, which PoCL 3.1 and other drivers of 3.0 lack. The kernels
    /// here do without: optimised at the second level they name the space of every address. So such a device is said to have one; of a kernel that
    /// needs it after all, the driver's compiler says so.
    /// </summary>
    public static void Claim(CLDevice device)
    {
        if (!device.Capabilities.GenericAddressSpace)
        {
            Generic?.SetValue(device.Capabilities, true);
        }
    }
}
