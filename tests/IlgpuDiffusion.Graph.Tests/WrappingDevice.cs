using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests;

/// <summary>A device whose prepared kernels, and the types in which it stores activations, a test replaces.</summary>
internal sealed class WrappingDevice(Device inner, Func<Op, Prepared, Prepared> wrap, params ElementType[] stores) : Device
{
    public override string Name => $"wrapped {inner.Name}";

    public override IKernels Kernels { get; } = new WrappingKernels(inner.Kernels, wrap, stores);

    public override DeviceMemory Allocate(long bytes, string purpose) => inner.Allocate(bytes, purpose);

    public override void Upload(nint target, ReadOnlySpan<byte> source) => inner.Upload(target, source);

    public override void Download(nint source, Span<byte> target) => inner.Download(source, target);

    public override void Copy(nint source, nint target, long bytes) => inner.Copy(source, target, bytes);

    public override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count) => inner.Combine(target, sources, coefficients, count);

    public override nint WeightAddress(in WeightView view) => inner.WeightAddress(view);

    public override void ReleaseWeight(in WeightView view) => inner.ReleaseWeight(view);

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A kernel that does something around another's.</summary>
internal sealed class AroundPrepared(Prepared inner, Action<Place[], Bases>? before = null, Action<Place[], Bases>? after = null, long scratch = 0) : Prepared
{
    public override long Scratch => scratch;

    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        ReadOnlySpan<Place> forInner = scratch > 0 ? places[..^1] : places;
        return new AroundLaunch(inner.Bind(forInner, path), places.ToArray(), before, after);
    }

    private sealed class AroundLaunch(Launch inner, Place[] places, Action<Place[], Bases>? before, Action<Place[], Bases>? after) : Launch(inner.Path)
    {
        public override void Run(in Bases bases, CancellationToken cancellation)
        {
            before?.Invoke(places, bases);
            inner.Run(bases, cancellation);
            after?.Invoke(places, bases);
        }
    }
}

internal sealed class WrappingKernels(IKernels inner, Func<Op, Prepared, Prepared> wrap, ElementType[] stores) : IKernels
{
    public IReadOnlyList<ElementType> Stores => stores.Length > 0 ? stores : inner.Stores;

    public Fusions LinearFusions => inner.LinearFusions;

    public Fusions Conv2dFusions => inner.Conv2dFusions;

    public int SumSlots(Conv2d op, in Operands operands) => inner.SumSlots(op, operands);

    public Prepared Affine(Affine op, in Operands operands) => wrap(op, inner.Affine(op, operands));

    public Prepared Attention(Attention op, in Operands operands) => wrap(op, inner.Attention(op, operands));

    public Prepared Binary(Binary op, in Operands operands) => wrap(op, inner.Binary(op, operands));

    public Prepared Cast(Cast op, in Operands operands) => wrap(op, inner.Cast(op, operands));

    public Prepared Concat(Concat op, in Operands operands) => wrap(op, inner.Concat(op, operands));

    public Prepared Conv2d(Conv2d op, in Operands operands) => wrap(op, inner.Conv2d(op, operands));

    public Prepared Copy(Copy op, in Operands operands) => wrap(op, inner.Copy(op, operands));

    public Prepared Embedding(Embedding op, in Operands operands) => wrap(op, inner.Embedding(op, operands));

    public Prepared Gated(Gated op, in Operands operands) => wrap(op, inner.Gated(op, operands));

    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands) => wrap(op, inner.GroupNormStatistics(op, operands));

    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands) => wrap(op, inner.GroupNormFromSums(op, operands));

    public Prepared Linear(Linear op, in Operands operands) => wrap(op, inner.Linear(op, operands));

    public Prepared NormalizeRows(NormalizeRows op, in Operands operands) => wrap(op, inner.NormalizeRows(op, operands));

    public Prepared Pack(Pack op, in Operands operands) => wrap(op, inner.Pack(op, operands));

    public Prepared MatchTokens(MatchTokens op, in Operands operands) => wrap(op, inner.MatchTokens(op, operands));

    public Prepared MergeTokens(MergeTokens op, in Operands operands) => wrap(op, inner.MergeTokens(op, operands));

    public Prepared Resample(Resample op, in Operands operands) => wrap(op, inner.Resample(op, operands));

    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands) => wrap(op, inner.UnmergeTokens(op, operands));

    public Prepared Repeat(Repeat op, in Operands operands) => wrap(op, inner.Repeat(op, operands));

    public Prepared RowStatistics(RowStatistics op, in Operands operands) => wrap(op, inner.RowStatistics(op, operands));

    public Prepared ScaleShift(ScaleShift op, in Operands operands) => wrap(op, inner.ScaleShift(op, operands));

    public Prepared StandardDeviation(StandardDeviation op, in Operands operands) => wrap(op, inner.StandardDeviation(op, operands));

    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands) => wrap(op, inner.TimestepEmbedding(op, operands));

    public Prepared Unary(Unary op, in Operands operands) => wrap(op, inner.Unary(op, operands));

    public Prepared Upsample(Upsample op, in Operands operands) => wrap(op, inner.Upsample(op, operands));
}
