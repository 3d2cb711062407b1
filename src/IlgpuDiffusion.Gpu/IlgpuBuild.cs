using System.Reflection;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which ILGPU this build uses.</summary>
public static class IlgpuBuild
{
    /// <summary>The package with its version, or the subset, in words.</summary>
    public static string Text { get; } = typeof(IlgpuBuild).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "Ilgpu").Value!;

    /// <summary>Whether it is the package, which alone knows CUDA and OpenCL.</summary>
    public static bool IsPackage { get; } = typeof(ILGPU.Context).Assembly.GetName().Name == "ILGPU";
}
