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
        Shape queries = types[0].Shape;
        long scratch = AttentionScratch.Bytes(queries, op.Heads, op.Segments.Count);
        StoredScores scores = StoredScores.Of(queries.Tokens, types[op.OperandsOf(0).Keys].Shape.Tokens, queries.Channels / op.Heads);

        // Rows that begin at odd places are found out when places are known, so there is memory for either way.
        return TensorAttention.Of(host, op, types) switch
        {
            TensorAttention.Way.Streamed => new GpuPrepared(op.Work(operands), (places, path) => IsAligned(places) ? new TensorAttentionLaunch(host, places, path, op, types) : Portable(places, path), scratch),
            TensorAttention.Way.Stored => new GpuPrepared(
                op.Work(operands), (places, path) => IsAligned(places) ? new StoredAttentionLaunch(host, places, path, op, types, scores) : Portable(places, path), Math.Max(scratch, scores.Bytes)),
            _ => new GpuPrepared(op.Work(operands), Portable, scratch),
        };

        bool IsAligned(Place[] places) => TensorAttention.IsAligned(op, places, types.Length);

        Launch Portable(Place[] places, string path) => stored switch
        {
            Stored.Single => new AttentionLaunch<float, SingleElement>(host, places, path, op, types),
            Stored.Brain => new AttentionLaunch<ushort, BrainElement>(host, places, path, op, types),
            Stored.CudaHalf => new AttentionLaunch<ushort, CudaHalfElement>(host, places, path, op, types),
            _ => new AttentionLaunch<ushort, HalfElement>(host, places, path, op, types),
        };
    }
}
