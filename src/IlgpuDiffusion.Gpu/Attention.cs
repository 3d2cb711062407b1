using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Attention(Attention op, in Operands operands)
    {
        TensorType[] types = operands.Inputs.ToArray();
        Stored stored = StoredType.Of(host, types[0].Type);
        for (int i = 0; i < op.Segments.Count; i++)
        {
            SegmentOperands at = op.OperandsOf(i);
            StoredType.Require(types[at.Keys], types[0].Type);
            StoredType.Require(types[at.Values], types[0].Type);
            StoredType.Require(at.Bias < 0 ? new TensorType(default) : types[at.Bias], ElementType.F32);
        }

        StoredType.Require(operands.Outputs[0], types[0].Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => stored switch
            {
                Stored.Single => new AttentionLaunch<float, SingleElement>(host, places, path, op, types),
                Stored.Brain => new AttentionLaunch<ushort, BrainElement>(host, places, path, op, types),
                Stored.CudaHalf => new AttentionLaunch<ushort, CudaHalfElement>(host, places, path, op, types),
                _ => new AttentionLaunch<ushort, HalfElement>(host, places, path, op, types),
            },
            AttentionScratch.Bytes(types[0].Shape, op.Heads, op.Segments.Count));
    }
}
