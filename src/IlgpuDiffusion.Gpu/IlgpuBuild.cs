using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which ILGPU compiles the kernels.</summary>
internal static class IlgpuBuild
{
    /// <summary>Its name and version.</summary>
    public static string Text { get; } = $"ILGPU {typeof(Context).Assembly.GetName().Version!.ToString(3)}";
}
