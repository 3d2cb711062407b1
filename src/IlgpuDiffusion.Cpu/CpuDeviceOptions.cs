namespace IlgpuDiffusion.Cpu;

/// <summary>How the CPU device uses the machine.</summary>
public sealed record CpuDeviceOptions
{
    /// <summary>Threads that work, the calling one included; by default one for each physical core that the process may use. Results do not depend on it.</summary>
    public int Threads { get; init; } = CpuTopology.PhysicalCores;

    /// <summary>Bytes that the device may allocate at one time, or null for what the machine has.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Whether to ask Linux for huge pages, which spares page faults and address look-ups; other systems ignore it.</summary>
    public bool HugePages { get; init; } = true;

    /// <summary>The method of every 3×3 convolution that a graph allows it for, or null for the one that each shape asks for.</summary>
    internal ConvolutionMethod? Convolutions { get; init; }
}
