using IlgpuDiffusion.Graphs.Devices.Comparing;

namespace IlgpuDiffusion.Graphs.Devices;

/// <summary>
/// Two devices that run the same launches, each in memory of its own, and report every launch's difference. Both get one graph: what only one of
/// them absorbs is not fused, and each packs weights for itself. What is read back is the first device's.
/// </summary>
internal sealed class ComparingDevice : Device
{
    private readonly Action<LaunchComparison> _report;
    private readonly AddressPairs _pairs = new();
    private readonly WeightPairs _weights;
    private readonly Side _first;
    private readonly Side _second;
    private int _moves;

    /// <summary>Compares two devices, which it then owns.</summary>
    /// <param name="first">The one that is believed.</param>
    /// <param name="second">The one that is examined.</param>
    /// <param name="report">Is told of every result that both have computed, on the thread that runs launches.</param>
    /// <param name="isolated">Whether the second goes on with the first's results, so that a difference is one launch's alone; if not, differences add up as in a run of its own.</param>
    public ComparingDevice(Device first, Device second, Action<LaunchComparison> report, bool isolated = true)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(report);
        (First, Second, _report, IsIsolated) = (first, second, report, isolated);
        _weights = new WeightPairs(this, _pairs);
        _first = new Side(first, pair => pair.First, pair => pair.First);
        _second = new Side(second, pair => pair.Second, pair => pair.Second);
        Capabilities = PairCapabilities.Of(first.Capabilities, second.Capabilities);
    }

    /// <inheritdoc/>
    public override string Name => $"{First.Name} and {Second.Name}, compared";

    /// <inheritdoc/>
    internal override Capabilities Capabilities { get; }

    /// <inheritdoc/>
    internal override long Guard => Math.Max(First.Guard, Second.Guard);

    /// <inheritdoc/>
    internal override bool CopiesWeights => First.CopiesWeights && Second.CopiesWeights;

    /// <summary>The device that is believed.</summary>
    public Device First { get; }

    /// <summary>The device that is examined.</summary>
    public Device Second { get; }

    /// <summary>Whether the second device goes on with the first's results.</summary>
    public bool IsIsolated { get; }

    /// <inheritdoc/>
    internal override Prepared Prepare(Op op, in Operands operands) => new ComparingPrepared(this, op, operands, _first, _second);

    /// <inheritdoc/>
    internal override DeviceMemory Allocate(long bytes, string purpose)
    {
        DeviceMemory first = First.Allocate(bytes, purpose);
        try
        {
            return new PairMemory(_pairs, first, Second.Allocate(bytes, purpose));
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    internal override void Upload(nint target, ReadOnlySpan<byte> source)
    {
        AddressPair at = _pairs.Find(target);
        First.Upload(at.First, source);
        Second.Upload(at.Second, source);
    }

    /// <inheritdoc/>
    internal override void Download(nint source, Span<byte> target) => First.Download(_pairs.Find(source).First, target);

    /// <inheritdoc/>
    internal override void Copy(nint source, nint target, long bytes)
    {
        (AddressPair from, AddressPair to) = (_pairs.Find(source), _pairs.Find(target));
        First.Copy(from.First, to.First, bytes);
        Second.Copy(from.Second, to.Second, bytes);
    }

    /// <inheritdoc/>
    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        AddressPair[] from = new AddressPair[sources.Length];
        for (int i = 0; i < from.Length; i++)
        {
            from[i] = _pairs.Find(sources[i]);
        }

        AddressPair to = _pairs.Find(target);
        First.Combine(to.First, Array.ConvertAll(from, at => at.First), coefficients, count);
        Second.Combine(to.Second, Array.ConvertAll(from, at => at.Second), coefficients, count);
        Compare(nameof(Combine), "latents", ++_moves, 0, new TensorType(new Shape(1, 1, 1, checked((int)count))), checked((int)count), to);
    }

    /// <inheritdoc/>
    internal override nint WeightAddress(in WeightView view) => _weights.Acquire(view);

    /// <inheritdoc/>
    internal override void ReleaseWeight(in WeightView view) => _weights.Release(view);

    internal AddressPair Find(nint address) => _pairs.Find(address);

    /// <summary>Reports a result of both, and gives the second the first's if it is to go on with that.</summary>
    internal void Compare(string op, string path, int run, int output, TensorType type, int rowStride, AddressPair at)
    {
        // Packed weights are in each device's own order.
        if (type.Layout is null)
        {
            _report(new ValueComparer(this, type, rowStride, at).Run(op, path, run, output));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            try
            {
                First.Dispose();
            }
            finally
            {
                Second.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
