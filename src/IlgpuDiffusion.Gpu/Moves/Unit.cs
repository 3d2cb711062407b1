using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>What kernels that copy move at once: the widest of 1, 2, 4, 8 and 16 bytes that all numbers are multiples of.</summary>
internal static class Unit
{
    /// <summary>Bytes of the widest for some numbers of bytes.</summary>
    public static int Of(params ReadOnlySpan<long> bytes)
    {
        long all = Alignment.Bytes;
        foreach (long number in bytes)
        {
            all |= number;
        }

        return (int)(all & -all);
    }

    /// <summary>Bytes of the widest for rows of a number of elements at two places.</summary>
    public static int Of(Place from, Place to, long elements)
    {
        int size = from.Type.Size();
        return Of(from.Offset, to.Offset, (long)from.RowStride * size, (long)to.RowStride * size, elements * size);
    }
}
