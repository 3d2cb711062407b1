using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Checked;

/// <summary>Another device's kernels, each checked after every run.</summary>
internal sealed class CheckedKernels(CheckedDevice device) : IKernels
{
    public IReadOnlyList<ElementType> Stores => device.Inner.Kernels.Stores;

    public Fusions LinearFusions => device.Inner.Kernels.LinearFusions;

    public Fusions Conv2dFusions => device.Inner.Kernels.Conv2dFusions;

    public int SumSlots(Conv2d op, in Operands operands) => device.Inner.Kernels.SumSlots(op, operands);

    public Prepared Affine(Affine op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Affine(op, operands));

    public Prepared Attention(Attention op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Attention(op, operands));

    public Prepared Binary(Binary op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Binary(op, operands));

    public Prepared Cast(Cast op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Cast(op, operands));

    public Prepared Concat(Concat op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Concat(op, operands));

    public Prepared Conv2d(Conv2d op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Conv2d(op, operands));

    public Prepared Copy(Copy op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Copy(op, operands));

    public Prepared Embedding(Embedding op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Embedding(op, operands));

    public Prepared Gated(Gated op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Gated(op, operands));

    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.GroupNormStatistics(op, operands));

    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.GroupNormFromSums(op, operands));

    public Prepared Linear(Linear op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Linear(op, operands));

    public Prepared NormalizeRows(NormalizeRows op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.NormalizeRows(op, operands));

    public Prepared Pack(Pack op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Pack(op, operands));

    public Prepared MatchTokens(MatchTokens op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.MatchTokens(op, operands));

    public Prepared MergeTokens(MergeTokens op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.MergeTokens(op, operands));

    public Prepared Resample(Resample op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Resample(op, operands));

    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.UnmergeTokens(op, operands));

    public Prepared Repeat(Repeat op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Repeat(op, operands));

    public Prepared RowStatistics(RowStatistics op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.RowStatistics(op, operands));

    public Prepared ScaleShift(ScaleShift op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.ScaleShift(op, operands));

    public Prepared StandardDeviation(StandardDeviation op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.StandardDeviation(op, operands));

    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.TimestepEmbedding(op, operands));

    public Prepared Unary(Unary op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Unary(op, operands));

    public Prepared Upsample(Upsample op, in Operands operands) => new CheckedPrepared(device, op, operands, device.Inner.Kernels.Upsample(op, operands));
}
