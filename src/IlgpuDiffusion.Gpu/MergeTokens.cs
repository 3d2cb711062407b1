using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared MergeTokens(MergeTokens op, in Operands operands)
    {
        (TensorType from, Shape to) = (operands.Inputs[0], operands.Outputs[0].Shape);
        Stored stored = StoredType.Of(host, from.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => stored switch
        {
            Stored.Single => new MergeTokensLaunch<float, SingleElement>(host, places, path, from.Shape, to),
            Stored.Brain => new MergeTokensLaunch<ushort, BrainElement>(host, places, path, from.Shape, to),
            Stored.CudaHalf => new MergeTokensLaunch<ushort, CudaHalfElement>(host, places, path, from.Shape, to),
            _ => new MergeTokensLaunch<ushort, HalfElement>(host, places, path, from.Shape, to),
        });
    }
}
