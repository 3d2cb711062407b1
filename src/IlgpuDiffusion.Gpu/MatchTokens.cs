using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared MatchTokens(MatchTokens op, in Operands operands)
    {
        (TensorType metric, Shape destinations) = (operands.Inputs[0], operands.Inputs[1].Shape);
        Stored stored = StoredType.Of(host, metric.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => stored switch
            {
                Stored.Single => new TokenMatchLaunch<float, SingleElement>(host, places, path, metric.Shape, destinations, op.Merged),
                Stored.Brain => new TokenMatchLaunch<ushort, BrainElement>(host, places, path, metric.Shape, destinations, op.Merged),
                Stored.CudaHalf => new TokenMatchLaunch<ushort, CudaHalfElement>(host, places, path, metric.Shape, destinations, op.Merged),
                _ => new TokenMatchLaunch<ushort, HalfElement>(host, places, path, metric.Shape, destinations, op.Merged),
            },
            3L * metric.Shape.Rows * sizeof(float));
    }
}
