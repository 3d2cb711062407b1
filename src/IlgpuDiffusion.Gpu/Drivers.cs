using System.Globalization;
using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu;

/// <summary>Asks drivers directly why there is no device, since ILGPU passes over their errors in silence.</summary>
internal static unsafe class Drivers
{
    // CUDA 11.0: the first whose code for the newest devices ILGPU and this program's kernels use.
    private const int OldestCuda = 11000;

    /// <summary>Why there is no device of a kind.</summary>
    public static string WhyNone(GpuKind kind) => !IlgpuBuild.IsPackage
        ? $"this build uses {IlgpuBuild.Text}, and only the package ILGPU (-p:IlgpuPackage=true) knows GPUs"
        : kind == GpuKind.Cuda ? Cuda() : OpenCL();

    private static string Cuda()
    {
        if (!Load(OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"], out nint library, out string names))
        {
            return $"there is no NVIDIA driver: no library {names}";
        }

        if (!NativeLibrary.TryGetExport(library, "cuInit", out nint init)
            || !NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint getVersion)
            || !NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out nint getCount))
        {
            return $"the library {names} is not an NVIDIA driver's";
        }

        int error = ((delegate* unmanaged<uint, int>)init)(0);
        int version = 0, count = 0;
        _ = ((delegate* unmanaged<int*, int>)getVersion)(&version);
        string driver = string.Create(CultureInfo.InvariantCulture, $"the NVIDIA driver (for CUDA {version / 1000}.{version % 1000 / 10})");
        if (error != 0)
        {
            return $"{driver} does not start, error {error}{(error == 100 ? ": it sees no GPU" : error == 999 ? ": is its kernel module loaded, and of the same version?" : "")}";
        }

        _ = ((delegate* unmanaged<int*, int>)getCount)(&count);
        return count == 0 ? $"{driver} sees no GPU"
            : version < OldestCuda ? $"{driver} is too old: {count} GPU{(count == 1 ? "" : "s")}, but CUDA 11.0 or newer is needed"
            : $"{driver} sees {count} GPU{(count == 1 ? "" : "s")}, none of which ILGPU takes";
    }

    private static string OpenCL() =>
        Load(OperatingSystem.IsWindows() ? ["OpenCL.dll"] : ["libOpenCL.so.1", "libOpenCL.so"], out _, out string names)
            ? "OpenCL has no device of version 2.0 or newer"
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
