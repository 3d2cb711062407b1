using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>What the device project was compiled against.</summary>
internal static class GpuVersion
{
    /// <summary>ILGPU's name and version.</summary>
    public static string Text => $"Kernels on {IlgpuBuild.Text}";
}
