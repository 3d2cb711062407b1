using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu;

/// <summary>Asks drivers directly why there is no device, since ILGPU passes over their errors in silence.</summary>
internal static unsafe class Drivers
{
    /// <summary>Why there is no device of a kind.</summary>
    public static string WhyNone(GpuKind kind) => kind == GpuKind.Cuda ? Cuda().WhyNone : OpenCL();

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

    private static string OpenCL() =>
        Load(OperatingSystem.IsWindows() ? ["OpenCL.dll"] : ["libOpenCL.so.1", "libOpenCL.so"], out _, out string names)
            ? "its driver names no device"
            : $"there is no OpenCL driver: no library {names}";

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
