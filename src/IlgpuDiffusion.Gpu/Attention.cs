using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Attention(Attention op, in Operands operands)
    {
        TensorType[] types = operands.Inputs.ToArray();
        Shape queries = types[0].Shape;
        long state = op.Segments.Count > 1 ? (long)queries.Rows * op.Heads * Kernels.AttentionKernel.State * sizeof(float) : 0;
        return new GpuPrepared(op.Work(operands), (places, path) => new AttentionLaunch(host, places, path, op, types), state);
    }
}
