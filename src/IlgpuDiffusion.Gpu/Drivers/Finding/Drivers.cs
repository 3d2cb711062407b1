using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu;

/// <summary>Asks drivers directly whether there are devices and why not, since ILGPU takes long to begin and passes over their errors in silence.</summary>
internal static unsafe class Drivers
{
    /// <summary>Whether a driver of a kind is there and names a device, which may yet be one that is not taken.</summary>
    public static bool NameDevices(GpuKind kind) => kind switch
    {
        GpuKind.Cuda => Cuda().Count > 0,
        GpuKind.OpenCL => OpenClPlatforms(out _) > 0,
        _ => true,
    };

    /// <summary>Why there is no device of a kind.</summary>
    public static string WhyNone(GpuKind kind) => kind == GpuKind.Cuda ? Cuda().WhyNone
        : OpenClPlatforms(out string names) is null ? $"there is no OpenCL driver: no library {names}" : "its driver names no device";

    private static CudaDriverReport Cuda()
    {
        if (!Load(OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"], out nint library, out string names))
        {
            return new CudaDriverReport(names, IsThere: false);
        }

        if (!NativeLibrary.TryGetExport(library, "cuInit", out nint init)
            || !NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint getVersion)
            || !NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out nint getCount))
        {
            return new CudaDriverReport(names, IsThere: true, IsNvidia: false);
        }

        int error = ((delegate* unmanaged<uint, int>)init)(0);
        int version = 0, count = 0;
        _ = ((delegate* unmanaged<int*, int>)getVersion)(&version);
        if (error == 0)
        {
            _ = ((delegate* unmanaged<int*, int>)getCount)(&count);
        }

        return new CudaDriverReport(names, IsThere: true, IsNvidia: true, error, version, count);
    }

    // Null where there is no library at all.
    private static uint? OpenClPlatforms(out string names)
    {
        if (!Load(OperatingSystem.IsWindows() ? ["OpenCL.dll"] : ["libOpenCL.so.1", "libOpenCL.so"], out nint library, out names))
        {
            return null;
        }

        uint count = 0;
        return NativeLibrary.TryGetExport(library, "clGetPlatformIDs", out nint platforms) && ((delegate* unmanaged<uint, nint*, uint*, int>)platforms)(0, null, &count) == 0 ? count : 0;
    }

    private static bool Load(string[] candidates, out nint library, out string names)
    {
        names = string.Join(" or ", candidates);
        foreach (string name in candidates)
        {
            if (NativeLibrary.TryLoad(name, out library))
            {
                names = name;
                return true;
            }
        }

        library = 0;
        return false;
    }
}
