using System.Numerics;

namespace IlgpuDiffusion.Graphs;

/// <summary>Searches stored numbers for those that are NaN or infinite.</summary>
internal static unsafe class NonFinite
{
    /// <summary>The index of the first one, or -1.</summary>
    public static long Find(ElementType type, byte* source, long count) => type switch
    {
        // All exponent bits set; in F8_E4M3 only together with all mantissa bits.
        ElementType.F32 => Find((uint*)source, count, 0x7F800000u),
        ElementType.F16 => Find((ushort*)source, count, (ushort)0x7C00),
        ElementType.BF16 => Find((ushort*)source, count, (ushort)0x7F80),
        ElementType.F64 => Find((ulong*)source, count, 0x7FF0000000000000ul),
        ElementType.F8E4M3 => Find(source, count, (byte)0x7F),
        ElementType.F8E5M2 => Find(source, count, (byte)0x7C),
        _ => -1,
    };

    // The first element in which all bits of a mask are set.
    private static long Find<T>(T* source, long count, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        long i = 0;
        var masks = new Vector<T>(mask);
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            if (Vector.EqualsAny(Vector.Load(source + i) & masks, masks))
            {
                break;
            }
        }

        for (; i < count; i++)
        {
            if ((source[i] & mask) == mask)
            {
                return i;
            }
        }

        return -1;
    }
}
