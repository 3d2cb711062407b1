namespace IlgpuDiffusion.Gpu;

/// <summary>How a device is used.</summary>
public sealed record GpuDeviceOptions
{
    /// <summary>Bytes of its memory that may be used, or null for what it has.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Whether ilgpu-cpu takes the kernels for tensor cores, on an emulation of them: for tests, and very slow.</summary>
    internal bool EmulatesTensorCores { get; init; }
}
