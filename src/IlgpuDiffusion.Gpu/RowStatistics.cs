using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RowStatistics(RowStatistics op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        Stored stored = StoredType.Of(host, x.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => stored switch
            {
                Stored.Single => new RowStatisticsLaunch<float, SingleElement>(host, places, path, x.Shape, op.Epsilon),
                Stored.Brain => new RowStatisticsLaunch<ushort, BrainElement>(host, places, path, x.Shape, op.Epsilon),
                Stored.CudaHalf => new RowStatisticsLaunch<ushort, CudaHalfElement>(host, places, path, x.Shape, op.Epsilon),
                _ => new RowStatisticsLaunch<ushort, HalfElement>(host, places, path, x.Shape, op.Epsilon),
            },
            RowShares.Bytes(x.Shape));
    }
}
