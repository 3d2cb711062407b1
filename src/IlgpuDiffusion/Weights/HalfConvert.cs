using System.Numerics;

namespace IlgpuDiffusion.Weights;

/// <summary>IEEE binary16 from and to float32, by integer and float arithmetic on vectors.</summary>
internal static unsafe class HalfConvert
{
    // 2^112 moves the exponent's bias from 15 to 127; it also makes subnormal halves normal.
    private const float Rebias = 5.192296858534828e33f;

    public static void ToSingle(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.Load(source + i), out var low, out var high);
            Widen(low).Store((uint*)destination + i);
            Widen(high).Store((uint*)destination + i + Vector<uint>.Count);
        }

        for (; i < count; i++)
        {
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }
    }

    public static void FromSingle(float* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            var low = Round(Vector.Load((uint*)source + i));
            var high = Round(Vector.Load((uint*)source + i + Vector<uint>.Count));
            Vector.Narrow(low, high).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);
        }
    }

    private static Vector<uint> Widen(Vector<uint> half)
    {
        var magnitude = (half & new Vector<uint>(0x7FFF)) << 13;
        var value = Vector.AsVectorUInt32(Vector.AsVectorSingle(magnitude) * new Vector<float>(Rebias));
        var special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7C00 << 13));
        return value | (special & new Vector<uint>(0x7F800000)) | ((half & new Vector<uint>(0x8000)) << 16);
    }

    private static Vector<uint> Round(Vector<uint> bits)
    {
        var magnitude = bits & new Vector<uint>(0x7FFFFFFF);
        var sign = (bits ^ magnitude) >> 16;

        // Normal: the bias moves by -112, and half an ulp less one plus the last kept bit rounds ties to even.
        var normal = (magnitude - new Vector<uint>((112u << 23) - 0xFFF) + ((magnitude >> 13) & Vector<uint>.One)) >> 13;

        // Subnormal: adding 0.5, whose ulp is the smallest half, makes the adder round.
        var half = new Vector<float>(0.5f);
        var subnormal = Vector.AsVectorUInt32(Vector.AsVectorSingle(magnitude) + half) - Vector.AsVectorUInt32(half);

        var result = Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<uint>(113u << 23)), subnormal, normal);
        result = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(143u << 23)), new Vector<uint>(0x7C00), result);
        result = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, new Vector<uint>(0x7F800000)), new Vector<uint>(0x7E00), result);
        return result | sign;
    }
}
