using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A bias of attention from numbers of distances. An item takes a query of a head.</summary>
internal static class RelativeBiasKernel
{
    [Kernel]
    public static void Run(RelativeBiasParameters p, ArrayView<float> from, ArrayView<float> to)
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int head = p.ByTokens.Divide(item), query = item - (head * p.Tokens);
        for (int key = 0; key < p.Tokens; key++)
        {
            to[(item * p.ToStride) + key] = from[((key - query + p.Tokens - 1) * p.FromStride) + head];
        }
    }
}

/// <summary>Queries of all heads, and strides.</summary>
internal struct RelativeBiasParameters
{
    public int Items;
    public int Tokens;
    public int FromStride;
    public int ToStride;
    public Divisor ByTokens;
}
