namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>A load-stage value that residency holds, or held.</summary>
/// <param name="key">What it is.</param>
/// <param name="source">The weights that it was made of.</param>
/// <param name="address">Where it lies.</param>
/// <param name="bytes">How much of the device's memory it takes.</param>
internal sealed class ResidentValue(ResidentKey key, IWeightSource source, nint address, long bytes)
{
    /// <summary>What it is.</summary>
    public ResidentKey Key => key;

    /// <summary>The weights that it was made of.</summary>
    public IWeightSource Source => source;

    /// <summary>Where it lies, while it is held.</summary>
    public nint Address => address;

    /// <summary>How much memory it takes.</summary>
    public long Bytes => bytes;

    /// <summary>The tensor that it is, as in its file; null for one that was prepared.</summary>
    public (string Name, WeightView View)? Weight { get; init; }

    /// <summary>The memory that it lies in; null for a weight as in its file.</summary>
    public SharedBlock? Block { get; init; }

    /// <summary>Runs that use it.</summary>
    public int Users { get; set; }

    /// <summary>When it was last asked for, counted up.</summary>
    public long LastUse { get; set; }

    /// <summary>Whether it is held.</summary>
    public bool IsResident { get; set; } = true;
}

/// <summary>What tells one resident value from another. A class: at start-up the runtime has code for tables of those, and none for tables of our structs.</summary>
/// <param name="Text">What it computes, of which files.</param>
/// <param name="Owner">The source whose mapping it lies in; null for one that any source of the same files may use.</param>
internal sealed record ResidentKey(string Text, IWeightSource? Owner);

/// <summary>Device memory that values lie in side by side; it is freed with the last of them.</summary>
/// <param name="memory">The memory.</param>
internal sealed class SharedBlock(DeviceMemory memory)
{
    // Whoever hands out parts of it counts as one.
    private int _values = 1;
    private long _taken;

    /// <summary>A value for the next part of it.</summary>
    public ResidentValue Next(ResidentKey key, IWeightSource source, long bytes) => new(key, source, memory.Address + (nint)_taken, bytes) { Block = this };

    /// <summary>Says that the value of the last part lies there now.</summary>
    public void Keep(ResidentValue value)
    {
        _taken += value.Bytes;
        _values++;
    }

    /// <summary>Says that a value has left it.</summary>
    public void Leave()
    {
        if (--_values == 0)
        {
            memory.Dispose();
        }
    }

    /// <summary>Says that no more parts of it are handed out.</summary>
    public void Done() => Leave();
}
