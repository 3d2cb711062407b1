using System.Globalization;

namespace IlgpuDiffusion.Gpu;

/// <summary>What NVIDIA's driver answered.</summary>
/// <param name="Names">The names of its library, as it was found or looked for.</param>
/// <param name="IsThere">Whether there is such a library.</param>
/// <param name="IsNvidia">Whether it has CUDA's functions.</param>
/// <param name="Error">What cuInit gave, 0 where it started.</param>
/// <param name="Version">The CUDA that it is for, as 1000 · major + 10 · minor.</param>
/// <param name="Count">GPUs that it sees.</param>
internal readonly record struct CudaDriverReport(string Names, bool IsThere, bool IsNvidia = true, int Error = 0, int Version = 0, int Count = 0)
{
    /// <summary>Why no device is named.</summary>
    public string WhyNone => !IsThere ? $"there is no NVIDIA driver: no library {Names}"
        : !IsNvidia ? $"the library {Names} is not an NVIDIA driver's"
        : Error != 0 ? $"{Driver} does not start, error {Error}{Hint}"
        : Count == 0 ? $"{Driver} sees no GPU"
        : IsOld ? $"{Driver} is too old: {Gpus}, but CUDA {GpuRules.OldestCuda} or newer is needed; update the driver"
        : $"{Driver} sees {Gpus}, none of which ILGPU takes";

    private string Driver => string.Create(CultureInfo.InvariantCulture, $"the NVIDIA driver (for CUDA {Version / 1000}.{Version % 1000 / 10})");

    private bool IsOld => Version < (GpuRules.OldestCuda.Major * 1000) + (GpuRules.OldestCuda.Minor * 10);

    private string Gpus => $"{Count} GPU{(Count == 1 ? "" : "s")}";

    // Numbers of cuda.h.
    private string Hint => Error switch
    {
        100 => ": it sees no GPU",
        803 or 804 => ": the kernel's driver and this library are of different versions; restart the machine after an update",
        999 => ": is its kernel module loaded, and of the same version?",
        _ => "",
    };
}
