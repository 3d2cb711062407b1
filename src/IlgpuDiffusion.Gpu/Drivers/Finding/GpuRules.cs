namespace IlgpuDiffusion.Gpu;

/// <summary>Which devices are taken.</summary>
internal static class GpuRules
{
    /// <summary>The first CUDA whose code for the newest devices the kernels use.</summary>
    public static readonly Version OldestCuda = new(11, 0);

    /// <summary>The first compute capability that current drivers know.</summary>
    public static readonly Version OldestCapability = new(5, 0);

    /// <summary>The first OpenCL C for which ILGPU writes.</summary>
    public static readonly Version OldestOpenCL = new(2, 0);

    /// <summary>Why a device is never taken, or null.</summary>
    public static string? Refusal(GpuFacts device) =>
        IsBelow(device.Driver, OldestCuda) ? $"its driver is for CUDA {device.Driver}, and {OldestCuda} or newer is needed: update the driver"
        : IsBelow(device.Capability, OldestCapability) ? $"its compute capability is {device.Capability}, and {OldestCapability} or newer is needed"
        : IsBelow(device.Language, OldestOpenCL) ? $"it compiles OpenCL C {device.Language}, and {OldestOpenCL} or newer is needed"
        : !device.HasDoubles ? "it has no double precision, in which norms and the sampler's moves are computed"
        : !device.IsKnownToIlgpu ? $"{IlgpuBuild.Text} writes no code for it"
        : null;

    /// <summary>Why a device is taken only when its kind is asked for by name, or null.</summary>
    public static string? Doubt(GpuFacts device) =>
        device.IsProcessor ? "the processor itself, taken only when asked for"
        : !device.HasGenericSpace ? "its driver names no generic address space; taken only when asked for"
        : null;

    private static bool IsBelow(Version? version, Version least) => version is not null && version < least;
}
