using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which attentions tensor cores do, and how.</summary>
internal static class TensorAttention
{
    /// <summary>The way that an attention goes.</summary>
    public enum Way
    {
        /// <summary>Plain units.</summary>
        Portable,

        /// <summary>Blocks of keys, the scores in registers: <see cref="FlashAttentionKernel"/>.</summary>
        Streamed,

        /// <summary>Products of matrices, the scores in memory: for heads that registers do not hold.</summary>
        Materialized,
    }

    /// <summary>The way for shapes and types.</summary>
    public static Way Of(GpuHost host, Attention op, ReadOnlySpan<TensorType> types)
    {
        int width = types[0].Shape.Channels / op.Heads;
        bool sees = true;
        foreach (SegmentForm form in op.Segments)
        {
            sees &= !form.Bias;
        }

        if (host.TensorCores == TensorCoreKind.None || types[0].Type is not (ElementType.F16 or ElementType.BF16) || width % 8 != 0 || !sees)
        {
            return Way.Portable;
        }

        if (width <= Heads.Widest && op.Segments.Count <= 2 && HeadTile.SharedBytes(Heads.Slices(width)) <= host.SharedBytes)
        {
            return Way.Streamed;
        }

        return op.Segments.Count == 1 && !op.Causal && !op.Tiled ? Way.Materialized : Way.Portable;
    }

    /// <summary>Whether rows of queries, keys, values and results begin at multiples of 16 bytes; spaces do.</summary>
    public static bool IsAligned(Attention op, ReadOnlySpan<Place> places, int result)
    {
        bool aligned = IsAligned(places[0]) && IsAligned(places[result]);
        for (int i = 0; i < op.Segments.Count; i++)
        {
            SegmentOperands at = op.OperandsOf(i);
            aligned &= IsAligned(places[at.Keys]) && IsAligned(places[at.Values]);
        }

        return aligned;
    }

    private static bool IsAligned(in Place place) => place.Offset % 16 == 0 && place.RowStride % 8 == 0;
}
