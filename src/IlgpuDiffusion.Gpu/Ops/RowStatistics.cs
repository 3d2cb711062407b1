using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RowStatistics(RowStatistics op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        ElementFormat format = ElementFormats.Of(host, x.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => format switch
            {
                ElementFormat.Float32 => new RowStatisticsLaunch<float, Float32Format>(host, places, path, x.Shape, op.Epsilon),
                ElementFormat.BFloat16 => new RowStatisticsLaunch<ushort, BFloat16Format>(host, places, path, x.Shape, op.Epsilon),
                ElementFormat.CudaFloat16 => new RowStatisticsLaunch<ushort, CudaFloat16Format>(host, places, path, x.Shape, op.Epsilon),
                _ => new RowStatisticsLaunch<ushort, Float16Format>(host, places, path, x.Shape, op.Epsilon),
            },
            RowShares.Bytes(x.Shape));
    }
}
