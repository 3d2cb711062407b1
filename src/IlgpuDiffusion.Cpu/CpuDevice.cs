using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>The processor as a device: SIMD kernels on threads that stay alive. One lane at a time may run launches on it.</summary>
public sealed unsafe class CpuDevice : Device
{
    private readonly CpuDeviceOptions _options;
    private readonly WorkerPool _pool;
    private readonly CpuKernels _kernels;
    private long _allocated;

    /// <summary>Starts the threads.</summary>
    /// <param name="options">How to use the machine, or null for the defaults.</param>
    public CpuDevice(CpuDeviceOptions? options = null)
    {
        _options = options ?? new CpuDeviceOptions();
        if (_options.Threads < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), _options.Threads, "The CPU device needs at least one thread.");
        }

        _pool = new WorkerPool(_options.Threads, _options.HugePages);
        HostThreads = _options.Threads;
        _kernels = new CpuKernels(_pool, _options.Convolutions);
        Capabilities = new Capabilities
        {
            Linear = Fusions.Linear,
            Conv2d = Fusions.Conv2d,
            LinearReadsBytes = true,
            SumSlots = (op, in operands) => Products.SumSlots(op, operands, _options.Convolutions),
            Used = (op, in operands) => Products.Used(op, operands, _options.Convolutions),
        };
    }

    /// <inheritdoc/>
    public override string Name => $"CPU ({ProcessorName.Text}, {(Threads == 1 ? "1 thread" : $"{Threads} threads")}, {VectorName})";

    /// <inheritdoc/>
    public override string? Warning => UnusedVectors.Warning;

    /// <summary>Threads that work.</summary>
    public int Threads => _pool.Threads;

    /// <inheritdoc/>
    internal override Capabilities Capabilities { get; }

    /// <inheritdoc/>
    public override long? AvailableMemory => Math.Max(0, Math.Min((_options.MemoryLimit ?? long.MaxValue) - Interlocked.Read(ref _allocated), HostMemory.Available));

    private static string VectorName => Simd.Level switch
    {
        SimdLevel.Vector512 => "512-bit vectors",
        SimdLevel.Vector256 => "256-bit vectors",
        SimdLevel.Vector128 => "128-bit vectors",
        _ => "no vectors",
    };

    /// <inheritdoc/>
    internal override Prepared Prepare(Op op, in Operands operands) => op.Prepare(_kernels, operands);

    /// <inheritdoc/>
    internal override DeviceMemory Allocate(long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long available = AvailableMemory ?? 0;
        if (bytes > available)
        {
            throw TooLittle(bytes, available, purpose);
        }

        try
        {
            CpuMemory memory = new(this, bytes, _options.HugePages);
            Interlocked.Add(ref _allocated, bytes);
            return memory;
        }
        catch (OutOfMemoryException e)
        {
            throw TooLittle(bytes, available, purpose, e);
        }
    }

    /// <inheritdoc/>
    internal override void Upload(nint target, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    /// <inheritdoc/>
    internal override void Download(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    /// <inheritdoc/>
    internal override void Copy(nint source, nint target, long bytes) => Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    /// <inheritdoc/>
    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(coefficients.Length, sources.Length);
        float* y = (float*)target;
        for (long i = 0; i < count; i++)
        {
            double sum = 0;
            for (int term = 0; term < sources.Length; term++)
            {
                sum += coefficients[term] * ((float*)sources[term])[i];
            }

            y[i] = (float)sum;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pool.Dispose();
        }

        base.Dispose(disposing);
    }

    internal void Freed(long bytes) => Interlocked.Add(ref _allocated, -bytes);

    private static DeviceMemoryException TooLittle(long bytes, long available, string purpose, Exception? cause = null)
    {
        string message = $"The CPU device needs {Mebibytes(bytes)} for {purpose}, and {Mebibytes(Math.Max(0, available))} are available. Use a smaller picture or batch, a model with 16-bit weights, or close other programs.";
        return cause is null ? new DeviceMemoryException(message) : new DeviceMemoryException(message, cause);
    }

    private static string Mebibytes(long bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / 1048576.0):0} MiB");
}
