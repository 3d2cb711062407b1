using System.Numerics;

namespace IlgpuDiffusion.Weights;

/// <summary>Searches for elements in which all bits of a mask are set.</summary>
internal static unsafe class NonFinite
{
    public static long Find<T>(T* source, long count, T mask)
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
