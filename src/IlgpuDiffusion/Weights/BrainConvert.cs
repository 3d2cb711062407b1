using System.Numerics;

namespace IlgpuDiffusion.Weights;

/// <summary>bfloat16: the upper half of a float32.</summary>
internal static unsafe class BrainConvert
{
    public static void ToSingle(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.Load(source + i), out var low, out var high);
            (low << 16).Store((uint*)destination + i);
            (high << 16).Store((uint*)destination + i + Vector<uint>.Count);
        }

        for (; i < count; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
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
            destination[i] = Round(BitConverter.SingleToUInt32Bits(source[i]));
        }
    }

    private static Vector<uint> Round(Vector<uint> bits)
    {
        var rounded = bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One);
        var nan = Vector.GreaterThan(bits & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
        return Vector.ConditionalSelect(nan, bits | new Vector<uint>(0x400000), rounded) >> 16;
    }

    private static ushort Round(uint bits) =>
        // A NaN is made quiet, so that it does not become infinite when its lower half is cut off.
        (ushort)(((bits & 0x7FFFFFFF) > 0x7F800000 ? bits | 0x400000 : bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}
