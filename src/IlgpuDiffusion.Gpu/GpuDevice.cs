using System.Runtime.CompilerServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A device that ILGPU drives: CUDA, OpenCL, or the processor for tests. One lane at a time may run launches on it.</summary>
public sealed partial class GpuDevice : Device
{
    /// <summary>What helps where memory is too little.</summary>
    internal const string Remedy = "Use a smaller picture or batch, a model with 16-bit weights, the processor (--device cpu), or close other programs that use the device.";

    // What a driver keeps for itself: contexts, code, stacks.
    private const double Usable = 0.94;

    // Where less may be used, blocks that are shared by what is small would be a good part of it.
    private const long LeastForSlabs = 2L << 30;

    private readonly GpuHost _host;
    private readonly GpuKernels _kernels;
    private readonly Combination _combination;
    private readonly GpuWeights _weights;
    private readonly long _limit;
    private long _allocated;

    private GpuDevice(GpuHost host, GpuDeviceOptions options)
    {
        _host = host;
        (host.LeavesOutKernels, host.LeftOut) = (options.LeavesOutKernels, options.LeftOut);
        _limit = Math.Min(options.MemoryLimit ?? long.MaxValue, host.IsCpu ? long.MaxValue : (long)(host.Accelerator.MemorySize * Usable));
        host.UsesSlabs = options.Slabs || (host.UsesSlabs && _limit >= LeastForSlabs);
        _combination = new Combination(host);
        _weights = new GpuWeights(this);
        _recording = options.Graphs && (options.Recorder ?? host.CreateRecorder()) is { } recorder ? new GpuRecording(recorder, options.Log) : null;
        _kernels = new GpuKernels(host);
        Capabilities = new Capabilities
        {
            Stores = [ElementType.F32, ElementType.F16, ElementType.BF16],
            Linear = Fusions.Linear,
            Conv2d = Fusions.Conv2d & ~Fusions.Sums,
            LayerNorm = x => RowNormForm.Takes(host, x.Channels),
        };
    }

    /// <inheritdoc/>
    public override string Name => $"{Kind.Text()} ({_host.Name})";

    /// <summary>A GPU moves 16-bit activations in half the time, and on tensor cores multiplies them in a fraction of it; the processor behind ILGPU gains nothing.</summary>
    internal override bool PrefersNarrow => Kind != GpuKind.IlgpuCpu;

    /// <summary>Which kind of device it is.</summary>
    public GpuKind Kind => _host.Kind;

    /// <inheritdoc/>
    internal override Capabilities Capabilities { get; }

    /// <summary>Bytes that are allocated now, weights included.</summary>
    public long Allocated => Interlocked.Read(ref _allocated);

    /// <inheritdoc/>
    public override long? AvailableMemory
    {
        get
        {
            long free = Math.Min(_limit - Allocated, _host.FreeMemory ?? long.MaxValue);
            return _limit == long.MaxValue && _host.FreeMemory is null ? null : Math.Max(0, free);
        }
    }

    /// <inheritdoc/>
    internal override bool CopiesWeights => true;

    internal GpuHost Host => _host;

    internal static string Mebibytes(long bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / 1048576.0):0} MiB");

    /// <summary>Starts the first device of a kind.</summary>
    /// <exception cref="GpuNotFoundException">There is none; the message lists what was found, and why each was refused.</exception>
    public static GpuDevice Open(GpuKind kind, GpuDeviceOptions? options = null)
    {
        // Where it is known to be false, nothing of ILGPU is linked.
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            throw new GpuNotFoundException($"There is no {kind.Text()} device: {GpuCatalogue.CompiledAhead}. The processor is always there: --device cpu.");
        }

        GpuHost host = options?.Runner is { } runner
            ? GpuHost.Open(GpuKind.IlgpuCpu, runner: runner)!
            : GpuCatalogue.Open(GpuDrivers.Instance, kind, kind == GpuKind.IlgpuCpu && options is { EmulatesTensorCores: true });
        try
        {
            return new GpuDevice(host, options ?? new GpuDeviceOptions());
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    internal override Prepared Prepare(Op op, in Operands operands) => op.Prepare(_kernels, operands);

    /// <inheritdoc/>
    internal override DeviceMemory Allocate(long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (AvailableMemory is { } available && bytes > available)
        {
            throw TooLittle(bytes, available, purpose);
        }

        GpuMemory memory = new(this, _host.Allocate(bytes, purpose), bytes);
        Interlocked.Add(ref _allocated, bytes);
        return memory;
    }

    /// <inheritdoc/>
    internal override int HostThreads
    {
        get => _host.HostThreads;
        set => _host.HostThreads = value;
    }

    /// <inheritdoc/>
    internal override void Upload(nint target, ReadOnlySpan<byte> source)
    {
        try
        {
            _host.Upload(target, source);
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            throw _host.Failed(e, "a copy to it");
        }
    }

    /// <inheritdoc/>
    internal override void Download(nint source, Span<byte> target)
    {
        try
        {
            _host.Download(source, target);
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            throw _host.Failed(e, "a copy from it");
        }
    }

    /// <inheritdoc/>
    internal override void Copy(nint source, nint target, long bytes)
    {
        try
        {
            _host.Copy(source, target, bytes);
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            throw _host.Failed(e, "a copy on it");
        }
    }

    /// <inheritdoc/>
    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(coefficients.Length, sources.Length);
        try
        {
            _host.Launching("the sampler");
            _combination.Run(target, sources, coefficients, count);
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            throw _host.Failed(e, "a move of the sampler");
        }
    }

    /// <inheritdoc/>
    internal override nint WeightAddress(in WeightView view) => _weights.Acquire(view);

    /// <inheritdoc/>
    internal override void ReleaseWeight(in WeightView view) => _weights.Release(view);

    internal void Free(nint address, long bytes)
    {
        try
        {
            _host.Free(address);
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            // A lost device has nothing to free.
        }

        Interlocked.Add(ref _allocated, -bytes);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _host.Dispose();
        }

        base.Dispose(disposing);
    }

    private DeviceMemoryException TooLittle(long bytes, long available, string purpose) =>
        new($"{Name} needs {Mebibytes(bytes)} of memory for {purpose}, and {Mebibytes(Math.Max(0, available))} of it are available. {Remedy}");
}
