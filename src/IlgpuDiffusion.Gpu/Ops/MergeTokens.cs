using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared MergeTokens(MergeTokens op, in Operands operands)
    {
        (TensorType from, Shape to) = (operands.Inputs[0], operands.Outputs[0].Shape);
        ElementFormat format = ElementFormats.Of(host, from.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => format switch
        {
            ElementFormat.Float32 => new MergeTokensLaunch<float, Float32Format>(host, places, path, from.Shape, to),
            ElementFormat.BFloat16 => new MergeTokensLaunch<ushort, BFloat16Format>(host, places, path, from.Shape, to),
            ElementFormat.CudaFloat16 => new MergeTokensLaunch<ushort, CudaFloat16Format>(host, places, path, from.Shape, to),
            _ => new MergeTokensLaunch<ushort, Float16Format>(host, places, path, from.Shape, to),
        });
    }
}
