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
        StoredScores memory = StoredScores.Of(queries.Tokens, types[op.OperandsOf(0).Keys].Shape.Tokens, queries.Channels / op.Heads);
        return TensorAttention.Of(host, op, types) switch
        {
            TensorAttention.Way.Streamed => new GpuPrepared(op.Work(operands), (places, path) => IsAligned(places) ? new TensorAttentionLaunch(host, places, path, op, types) : Portable(places, path), state),
            TensorAttention.Way.Stored => new GpuPrepared(op.Work(operands), (places, path) => IsAligned(places) ? new StoredAttentionLaunch(host, places, path, op, types, memory) : Portable(places, path), memory.Bytes),
            _ => new GpuPrepared(op.Work(operands), Portable, state),
        };

        bool IsAligned(Place[] places) => TensorAttention.IsAligned(op, places, types.Length);

        Launch Portable(Place[] places, string path) => new AttentionLaunch(host, places, path, op, types);
    }
}
