namespace IlgpuDiffusion.Gpu;

/// <summary>A device as its driver describes it, whether it is taken or not.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">The device's own name.</param>
/// <param name="Memory">Bytes of its memory.</param>
internal sealed record GpuFacts(GpuKind Kind, string Name, long Memory)
{
    /// <summary>The CUDA that the driver is for.</summary>
    public Version? Driver { get; init; }

    /// <summary>CUDA's compute capability.</summary>
    public Version? Capability { get; init; }

    /// <summary>The version of OpenCL C that the driver compiles.</summary>
    public Version? Language { get; init; }

    /// <summary>Whether it computes in double precision.</summary>
    public bool HasDoubles { get; init; } = true;

    /// <summary>Whether it is the processor itself, under another name.</summary>
    public bool IsProcessor { get; init; }

    /// <summary>Whether its driver names a generic address space, which ILGPU asks of OpenCL.</summary>
    public bool HasGenericSpace { get; init; } = true;

    /// <summary>Whether ILGPU writes code for it.</summary>
    public bool IsKnownToIlgpu { get; init; } = true;
}

/// <summary>What finds and starts devices: drivers, or a test.</summary>
internal interface IGpuSource
{
    /// <summary>Every device of a kind that a driver names.</summary>
    IReadOnlyList<GpuFacts> Find(GpuKind kind);

    /// <summary>Why a driver names none of a kind.</summary>
    string WhyNone(GpuKind kind);

    /// <summary>Starts the first device of a kind that is taken; null if there is none.</summary>
    GpuHost? Open(GpuKind kind, bool emulates);
}
