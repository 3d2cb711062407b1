using ILGPU.Runtime.OpenCL;
#if ILGPU_PACKAGE
using System.Reflection;
using ILGPU.Backends.OpenCL;
#endif

namespace IlgpuDiffusion.Gpu;

/// <summary>Which OpenCL devices are taken, and which of them only when asked for.</summary>
internal static class OpenClDevices
{
    /// <summary>Why a device that is taken is no GPU for everyday work; null for one that is.</summary>
    public static string? Doubt(CLDevice device) => device.DeviceType == CLDeviceType.CL_DEVICE_TYPE_CPU ? "the processor itself, taken only when asked for"
        : Claimed(device) ? "its driver names no generic address space; taken only when asked for"
        : null;

#if ILGPU_PACKAGE
    private static readonly PropertyInfo? Generic = typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace));
    private static readonly HashSet<nint> Claims = [];

    /// <summary>
    /// Takes devices of OpenCL C 2.0 and newer. ILGPU asks for a generic address space too, which PoCL 3.1 and other drivers of 3.0 lack. The kernels
    /// here do without: optimised at the second level they name the space of every address. So such a device is said to have one; of a kernel that
    /// needs it after all, the driver's compiler says so.
    /// </summary>
    public static bool Take(CLDevice device)
    {
        if (device.CLStdVersion < CLBackend.MinimumVersion)
        {
            return false;
        }

        if (!device.Capabilities.GenericAddressSpace && Generic is { CanWrite: true })
        {
            Generic.SetValue(device.Capabilities, true);
            lock (Claims)
            {
                Claims.Add(device.DeviceId);
            }
        }

        return device.Capabilities.GenericAddressSpace;
    }

    private static bool Claimed(CLDevice device)
    {
        lock (Claims)
        {
            return Claims.Contains(device.DeviceId);
        }
    }
#else
    /// <summary>Takes none, since the subset has none.</summary>
    public static bool Take(CLDevice device) => false;

    private static bool Claimed(CLDevice device) => false;
#endif
}
