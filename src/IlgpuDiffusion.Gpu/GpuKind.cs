namespace IlgpuDiffusion.Gpu;

/// <summary>The kinds of devices that ILGPU drives.</summary>
public enum GpuKind
{
    /// <summary>NVIDIA's.</summary>
    Cuda,

    /// <summary>OpenCL 2.0 and newer.</summary>
    OpenCL,

    /// <summary>The processor, through ILGPU: slow, for tests.</summary>
    IlgpuCpu,
}

/// <summary>The names of the kinds.</summary>
internal static class GpuKinds
{
    /// <summary>The name on the command line.</summary>
    public static string Text(this GpuKind kind) => kind switch { GpuKind.Cuda => "cuda", GpuKind.OpenCL => "opencl", _ => "ilgpu-cpu" };
}
