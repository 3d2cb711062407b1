using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Null;

/// <summary>Kernels that know their work alone.</summary>
internal sealed class NullKernels(double flopsPerSecond, double bytesPerSecond, Fusions fusions) : IKernels
{
    public IReadOnlyList<ElementType> Stores { get; } = [ElementType.F32, ElementType.F16, ElementType.BF16];

    public Fusions LinearFusions => fusions & ~(Fusions.Resize | Fusions.Sums);

    public Fusions Conv2dFusions => fusions & ~(Fusions.Gate | Fusions.LayerNorm);

    public int SumSlots(Conv2d op, in Operands operands) => fusions.HasFlag(Fusions.Sums) ? 1 : 0;

    public Prepared Affine(Affine op, in Operands operands) => Estimate(op, operands);

    public Prepared Attention(Attention op, in Operands operands) => Estimate(op, operands);

    public Prepared Binary(Binary op, in Operands operands) => Estimate(op, operands);

    public Prepared Cast(Cast op, in Operands operands) => Estimate(op, operands);

    public Prepared Concat(Concat op, in Operands operands) => Estimate(op, operands);

    public Prepared Conv2d(Conv2d op, in Operands operands) => Estimate(op, operands);

    public Prepared Copy(Copy op, in Operands operands) => Estimate(op, operands);

    public Prepared Embedding(Embedding op, in Operands operands) => Estimate(op, operands);

    public Prepared Gated(Gated op, in Operands operands) => Estimate(op, operands);

    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands) => Estimate(op, operands);

    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands) => Estimate(op, operands);

    public Prepared Linear(Linear op, in Operands operands) => Estimate(op, operands);

    public Prepared NormalizeRows(NormalizeRows op, in Operands operands) => Estimate(op, operands);

    public Prepared Pack(Pack op, in Operands operands) => Estimate(op, operands);

    public Prepared MatchTokens(MatchTokens op, in Operands operands) => Estimate(op, operands);

    public Prepared MergeTokens(MergeTokens op, in Operands operands) => Estimate(op, operands);

    public Prepared Resample(Resample op, in Operands operands) => Estimate(op, operands);

    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands) => Estimate(op, operands);

    public Prepared Repeat(Repeat op, in Operands operands) => Estimate(op, operands);

    public Prepared RowStatistics(RowStatistics op, in Operands operands) => Estimate(op, operands);

    public Prepared ScaleShift(ScaleShift op, in Operands operands) => Estimate(op, operands);

    public Prepared StandardDeviation(StandardDeviation op, in Operands operands) => Estimate(op, operands);

    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands) => Estimate(op, operands);

    public Prepared Unary(Unary op, in Operands operands) => Estimate(op, operands);

    public Prepared Upsample(Upsample op, in Operands operands) => Estimate(op, operands);

    // Arithmetic and traffic overlap, so the slower of the two is the time.
    private NullPrepared Estimate(Op op, in Operands operands)
    {
        Work work = op.Work(operands);
        return new NullPrepared(TimeSpan.FromSeconds(Math.Max(work.Flops / flopsPerSecond, work.Bytes / bytesPerSecond)));
    }

    private sealed class NullPrepared(TimeSpan estimate) : Prepared
    {
        public override TimeSpan Estimate => estimate;

        public override Launch Bind(ReadOnlySpan<Place> places, string path) => throw NullDevice.NeverRuns($"run '{path}'");
    }
}
