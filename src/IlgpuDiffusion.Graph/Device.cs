namespace IlgpuDiffusion.Graphs;

/// <summary>Something that prepares and runs kernels: it owns their memory and its threads or streams.</summary>
public abstract class Device : IDisposable
{
    /// <summary>What a person calls it, with what matters of the hardware.</summary>
    public abstract string Name { get; }

    /// <summary>Why it is slower than the machine could be, and what to do; null for no reason. It is among the warnings of every request.</summary>
    public virtual string? Warning => null;

    /// <summary>What its kernels store, absorb and cut.</summary>
    internal abstract Capabilities Capabilities { get; }

    /// <summary>Whether it is faster with activations in the weights' own 16-bit type than in F32, so that a pipeline that is told no type takes that one.</summary>
    internal virtual bool PrefersNarrow => false;

    /// <summary>Bytes of zones around every value that must stay untouched; 0 but for a checking device.</summary>
    internal virtual long Guard => 0;

    /// <summary>Bytes that can still be allocated, or null where nobody knows.</summary>
    public virtual long? AvailableMemory => null;

    /// <summary>Whether <see cref="WeightAddress"/> copies weights into the device's memory, rather than reading the host's.</summary>
    internal virtual bool CopiesWeights => false;

    /// <summary>Threads of the host that may work for it at one time, as when weights are made that its files have in another form.</summary>
    internal virtual int HostThreads { get; set; } = Environment.ProcessorCount;

    /// <summary>The kernel of an op for operands of these types, from shapes alone.</summary>
    /// <exception cref="NotSupportedException">The device has none for them.</exception>
    internal abstract Prepared Prepare(Op op, in Operands operands);

    /// <summary>Memory of the device, 64-byte aligned or better.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="purpose">What for, as errors name it.</param>
    /// <exception cref="DeviceMemoryException">There is too little.</exception>
    internal abstract DeviceMemory Allocate(long bytes, string purpose);

    /// <summary>Copies from the host.</summary>
    internal abstract void Upload(nint target, ReadOnlySpan<byte> source);

    /// <summary>Copies to the host.</summary>
    internal abstract void Download(nint source, Span<byte> target);

    /// <summary>Copies on the device.</summary>
    internal abstract void Copy(nint source, nint target, long bytes);

    /// <summary>target ← Σ coefficientᵢ · sourceᵢ over f32 arrays: one move of a sampler. The target may be one of the sources.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="sources">The terms' arrays.</param>
    /// <param name="coefficients">The terms' factors, applied in f64 and rounded once.</param>
    /// <param name="count">Elements.</param>
    internal abstract void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count);

    /// <summary>A mark for the queue; on a device that has done its work when a call returns, one that is always reached.</summary>
    internal virtual DeviceMark CreateMark() => ReachedMark.Instance;

    /// <summary>Runs one program of a run again and again; null where launches gain nothing by being recorded.</summary>
    internal virtual Replay? CreateReplay() => null;

    /// <summary>A clock for the queue.</summary>
    internal virtual DeviceClock CreateClock() => new HostClock();

    /// <summary>Makes a weight tensor readable by launches; on a device that reads the host's memory, its own address. Every call needs a <see cref="ReleaseWeight"/>.</summary>
    internal virtual nint WeightAddress(in WeightView view) => view.Address;

    /// <summary>Says that a caller of <see cref="WeightAddress"/> needs the tensor no more; a device that made a copy frees it with the last.</summary>
    internal virtual void ReleaseWeight(in WeightView view)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the device owns.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A block of a device's memory.</summary>
internal abstract class DeviceMemory : IDisposable
{
    /// <summary>Its address.</summary>
    public abstract nint Address { get; }

    /// <summary>Its size.</summary>
    public abstract long Bytes { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A device has too little memory; the message names what was needed and what there is.</summary>
public sealed class DeviceMemoryException : DiffusionException
{
    /// <summary>With a message.</summary>
    public DeviceMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public DeviceMemoryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public DeviceMemoryException()
    {
    }
}

/// <summary>Where weights come from.</summary>
internal interface IWeightSource
{
    /// <summary>Tells one set of weights from another: results computed from equal names of equal sources are shared.</summary>
    string Identity { get; }

    /// <summary>A tensor's memory, valid while the source is open.</summary>
    WeightView Read(string name);

    /// <summary>Writes a tensor that its file has in another form (<see cref="Ops.Weight.MadeOf"/>) to the host's memory, and keeps none of it. Checks it as <see cref="Check"/> does.</summary>
    void Make(string name, nint target);

    /// <summary>Refuses a tensor that holds values that are no numbers, once: after its pages were read anyway, where whoever read it has not looked (<see cref="Launch.ReadNumbers"/>).</summary>
    void Check(string name);

    /// <summary>Says that a tensor's memory is not needed soon, once for each time that it was read.</summary>
    void Release(string name);
}

/// <summary>A tensor in the host's memory.</summary>
/// <param name="Address">Its elements.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Type">Their type.</param>
/// <param name="Version">Tells it from a tensor that had the same address before it; 0 where memory is not given out twice.</param>
internal readonly record struct WeightView(nint Address, long Bytes, ElementType Type, long Version = 0);
