using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Attention(Attention op, in Operands operands)
    {
        TensorType[] types = operands.Inputs.ToArray();
        ElementFormat format = ElementFormats.Of(host, types[0].Type);
        for (int i = 0; i < op.Segments.Count; i++)
        {
            SegmentOperands at = op.OperandsOf(i);
            ElementFormats.Require(types[at.Keys], types[0].Type);
            ElementFormats.Require(types[at.Values], types[0].Type);
            ElementFormats.Require(at.Bias < 0 ? new TensorType(default) : types[at.Bias], ElementType.F32);
        }

        ElementFormats.Require(operands.Outputs[0], types[0].Type);
        Shape queries = types[0].Shape;
        long scratch = AttentionScratch.Bytes(queries, op.Heads, op.Segments.Count);
        MaterializedScores scores = MaterializedScores.Of(queries.Tokens, types[op.OperandsOf(0).Keys].Shape.Tokens, queries.Channels / op.Heads);

        // Rows that begin at odd places are found out when places are known, so there is memory for either way.
        return TensorAttention.Of(host, op, types) switch
        {
            TensorAttention.Way.Streamed => new GpuPrepared(op.Work(operands), (places, path) => IsAligned(places) ? new TensorAttentionLaunch(host, places, path, op, types) : Portable(places, path), scratch),
            TensorAttention.Way.Materialized => new GpuPrepared(
                op.Work(operands), (places, path) => IsAligned(places) ? new MaterializedAttentionLaunch(host, places, path, op, types, scores) : Portable(places, path), Math.Max(scratch, scores.Bytes)),
            _ => new GpuPrepared(op.Work(operands), Portable, scratch),
        };

        bool IsAligned(Place[] places) => TensorAttention.IsAligned(op, places, types.Length);

        Launch Portable(Place[] places, string path) => format switch
        {
            ElementFormat.Float32 => new AttentionLaunch<float, Float32Format>(host, places, path, op, types),
            ElementFormat.BFloat16 => new AttentionLaunch<ushort, BFloat16Format>(host, places, path, op, types),
            ElementFormat.CudaFloat16 => new AttentionLaunch<ushort, CudaFloat16Format>(host, places, path, op, types),
            _ => new AttentionLaunch<ushort, Float16Format>(host, places, path, op, types),
        };
    }
}
