namespace IlgpuDiffusion.Gpu;

/// <summary>How a device is used.</summary>
public sealed record GpuDeviceOptions
{
    /// <summary>Bytes of its memory that may be used, or null for what it has.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Whether CUDA records the kernels of an evaluation when it is queued for the second time, and queues the recording as one from then on (a CUDA graph); false queues every kernel by itself.</summary>
    public bool Graphs { get; init; } = true;

    /// <summary>Takes lines about how the device is used that a person may want to know, or null.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Whether launches are prepared and no kernel is launched: to measure what the host spends.</summary>
    internal bool LeavesOutKernels { get; init; }

    /// <summary>Is told of every kernel that is left out, with its arguments: for tests.</summary>
    internal Action<System.Reflection.MethodInfo, object[]>? LeftOut { get; init; }

    /// <summary>What records launches in place of the driver, for tests.</summary>
    internal ILaunchRecorder? Recorder { get; init; }

    /// <summary>Whether ilgpu-cpu takes the kernels for tensor cores, on an emulation of them: for tests, and very slow.</summary>
    internal bool EmulatesTensorCores { get; init; }
}
