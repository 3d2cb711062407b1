using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>--device</c> means.</summary>
internal static class DeviceChoice
{
    public const string Names = "auto|cpu|cuda|opencl|ilgpu-cpu";

    /// <summary>Starts the device that is asked for; null is the processor. Nothing is started yet.</summary>
    /// <param name="name">The option's value, or null where it was not given.</param>
    /// <param name="options">How a device of ILGPU is used.</param>
    /// <param name="said">One line for the user where the processor stands in for a GPU, or null.</param>
    public static Func<Device>? Of(string? name, GpuDeviceOptions options, out string? said)
    {
        Func<Device> Start(GpuKind kind) => () => GpuDevice.Open(kind, options);
        said = null;
        switch (name?.ToUpperInvariant())
        {
            case "CPU":
                return null;
            case "CUDA":
                return Start(GpuKind.Cuda);
            case "OPENCL":
                return Start(GpuKind.OpenCL);
            case "ILGPU-CPU":
                return Start(GpuKind.IlgpuCpu);
            case null or "AUTO":
                if (GpuCatalogue.Best(out IReadOnlyList<GpuFound> found) is { } kind)
                {
                    return Start(kind);
                }

                said = name is null ? null : $"No GPU was found, so the processor computes ({GpuCatalogue.Describe(found)}).";
                return null;
            default:
                throw new UsageException($"--device is '{name}', but must be one of {Names.Replace("|", ", ", StringComparison.Ordinal)}. 'ilgpu-diffusion devices' lists what this machine has.");
        }
    }
}
