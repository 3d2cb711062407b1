using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared MatchTokens(MatchTokens op, in Operands operands)
    {
        (TensorType metric, Shape destinations) = (operands.Inputs[0], operands.Inputs[1].Shape);
        ElementFormat format = ElementFormats.Of(host, metric.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => format switch
            {
                ElementFormat.Float32 => new TokenMatchLaunch<float, Float32Format>(host, places, path, metric.Shape, destinations, op.Merged),
                ElementFormat.BFloat16 => new TokenMatchLaunch<ushort, BFloat16Format>(host, places, path, metric.Shape, destinations, op.Merged),
                ElementFormat.CudaFloat16 => new TokenMatchLaunch<ushort, CudaFloat16Format>(host, places, path, metric.Shape, destinations, op.Merged),
                _ => new TokenMatchLaunch<ushort, Float16Format>(host, places, path, metric.Shape, destinations, op.Merged),
            },
            3L * metric.Shape.Rows * sizeof(float));
    }
}
