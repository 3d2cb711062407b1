using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>Both devices' kernels, which absorb what both absorb.</summary>
internal sealed class ComparingKernels(ComparingDevice device) : IKernels
{
    private readonly Side _first = new(device.First, pair => pair.First, pair => pair.First);
    private readonly Side _second = new(device.Second, pair => pair.Second, pair => pair.Second);

    public IReadOnlyList<ElementType> Stores { get; } = [.. device.First.Kernels.Stores.Intersect(device.Second.Kernels.Stores)];

    public Fusions LinearFusions => device.First.Kernels.LinearFusions & device.Second.Kernels.LinearFusions;

    public Fusions Conv2dFusions => device.First.Kernels.Conv2dFusions & device.Second.Kernels.Conv2dFusions;

    // Sums in other slots cannot be compared: the norms then read their input.
    public int SumSlots(Conv2d op, in Operands operands)
    {
        int slots = device.First.Kernels.SumSlots(op, operands);
        return slots == device.Second.Kernels.SumSlots(op, operands) ? slots : 0;
    }

    public Prepared Affine(Affine op, in Operands operands) => Both(op, operands);

    public Prepared Attention(Attention op, in Operands operands) => Both(op, operands);

    public Prepared Binary(Binary op, in Operands operands) => Both(op, operands);

    public Prepared Cast(Cast op, in Operands operands) => Both(op, operands);

    public Prepared Concat(Concat op, in Operands operands) => Both(op, operands);

    public Prepared Conv2d(Conv2d op, in Operands operands) => Both(op, operands);

    public Prepared Copy(Copy op, in Operands operands) => Both(op, operands);

    public Prepared Embedding(Embedding op, in Operands operands) => Both(op, operands);

    public Prepared Gated(Gated op, in Operands operands) => Both(op, operands);

    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands) => Both(op, operands);

    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands) => Both(op, operands);

    public Prepared Linear(Linear op, in Operands operands) => Both(op, operands);

    public Prepared NormalizeRows(NormalizeRows op, in Operands operands) => Both(op, operands);

    public Prepared Pack(Pack op, in Operands operands) => Both(op, operands);

    public Prepared MatchTokens(MatchTokens op, in Operands operands) => Both(op, operands);

    public Prepared MergeTokens(MergeTokens op, in Operands operands) => Both(op, operands);

    public Prepared Resample(Resample op, in Operands operands) => Both(op, operands);

    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands) => Both(op, operands);

    public Prepared Repeat(Repeat op, in Operands operands) => Both(op, operands);

    public Prepared RowStatistics(RowStatistics op, in Operands operands) => Both(op, operands);

    public Prepared ScaleShift(ScaleShift op, in Operands operands) => Both(op, operands);

    public Prepared StandardDeviation(StandardDeviation op, in Operands operands) => Both(op, operands);

    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands) => Both(op, operands);

    public Prepared Unary(Unary op, in Operands operands) => Both(op, operands);

    public Prepared Upsample(Upsample op, in Operands operands) => Both(op, operands);

    private ComparingPrepared Both(Op op, in Operands operands) => new(device, op, operands, _first, _second);
}
