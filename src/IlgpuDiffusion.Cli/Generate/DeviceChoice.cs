using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>--device</c> means.</summary>
internal static class DeviceChoice
{
    public const string Names = "auto|cpu|cuda|opencl|ilgpu-cpu";

    /// <summary>Starts the device that is asked for; null is the processor. Nothing is started yet.</summary>
    /// <param name="name">The option's value, or null where it was not given.</param>
    /// <param name="said">One line for the user where the processor stands in for a GPU, or null.</param>
    /// <param name="gpu">How a GPU is used.</param>
    public static Func<Device>? Of(string? name, out string? said, GpuDeviceOptions? gpu = null)
    {
        said = null;
        switch (name?.ToUpperInvariant())
        {
            case "CPU":
                return null;
            case "CUDA":
                return () => GpuDevice.Open(GpuKind.Cuda, gpu);
            case "OPENCL":
                return () => GpuDevice.Open(GpuKind.OpenCL, gpu);
            case "ILGPU-CPU":
                return () => GpuDevice.Open(GpuKind.IlgpuCpu, gpu);
            case null or "AUTO":
                if (GpuCatalogue.Best(out IReadOnlyList<GpuFound> found) is { } kind)
                {
                    return () => GpuDevice.Open(kind, gpu);
                }

                said = name is null ? null : $"No GPU was found, so the processor computes ({GpuCatalogue.Describe(found)}).";
                return null;
            default:
                throw new UsageException($"--device is '{name}', but must be one of {Names.Replace("|", ", ", StringComparison.Ordinal)}. 'ilgpu-diffusion devices' lists what this machine has.");
        }
    }
}
