using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing.Oracle;

/// <summary>Numbers of every element type in memory, read and written as f64.</summary>
internal static unsafe class Elements
{
    private static readonly double[] E4M3 = [.. Enumerable.Range(0, 256).Select(code => DecodeE4M3((byte)code))];
    private static readonly double[] E5M2 = [.. Enumerable.Range(0, 256).Select(code => (double)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];

    public static double Read(nint address, long index, ElementType type) => type switch
    {
        ElementType.F32 => ((float*)address)[index],
        ElementType.F16 => (double)((Half*)address)[index],
        ElementType.BF16 => FromBFloat16(((ushort*)address)[index]),
        ElementType.F64 => ((double*)address)[index],
        ElementType.F8E4M3 => E4M3[((byte*)address)[index]],
        ElementType.F8E5M2 => E5M2[((byte*)address)[index]],
        ElementType.I8 => ((sbyte*)address)[index],
        ElementType.U8 or ElementType.Bool => ((byte*)address)[index],
        ElementType.I16 => ((short*)address)[index],
        ElementType.U16 => ((ushort*)address)[index],
        ElementType.I32 => ((int*)address)[index],
        ElementType.U32 => ((uint*)address)[index],
        ElementType.I64 => ((long*)address)[index],
        ElementType.U64 => ((ulong*)address)[index],
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    public static void Write(nint address, long index, ElementType type, double value)
    {
        switch (type)
        {
            case ElementType.F32: ((float*)address)[index] = (float)value; break;
            case ElementType.F16: ((Half*)address)[index] = (Half)value; break;
            case ElementType.BF16: ((ushort*)address)[index] = ToBFloat16((float)value); break;
            case ElementType.F64: ((double*)address)[index] = value; break;
            case ElementType.F8E4M3: ((byte*)address)[index] = Nearest(value, E4M3, last: 0x7E, beyond: 0x7F); break;
            case ElementType.F8E5M2: ((byte*)address)[index] = Nearest(value, E5M2, last: 0x7B, beyond: 0x7C); break;
            case ElementType.I8: ((sbyte*)address)[index] = (sbyte)value; break;
            case ElementType.U8: ((byte*)address)[index] = (byte)value; break;
            case ElementType.I16: ((short*)address)[index] = (short)value; break;
            case ElementType.U16: ((ushort*)address)[index] = (ushort)value; break;
            case ElementType.I32: ((int*)address)[index] = (int)value; break;
            case ElementType.U32: ((uint*)address)[index] = (uint)value; break;
            case ElementType.I64: ((long*)address)[index] = (long)value; break;
            case ElementType.U64: ((ulong*)address)[index] = (ulong)value; break;
            case ElementType.Bool: ((byte*)address)[index] = value == 0 ? (byte)0 : (byte)1; break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }

    public static float FromBFloat16(ushort code) => BitConverter.UInt32BitsToSingle((uint)code << 16);

    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static double DecodeE4M3(byte code)
    {
        int exponent = (code >> 3) & 15;
        int mantissa = code & 7;
        double magnitude = (exponent, mantissa) switch
        {
            (15, 7) => double.NaN,
            (0, _) => Math.ScaleB(mantissa, -9),
            _ => Math.ScaleB(8 + mantissa, exponent - 10),
        };
        return code < 128 ? magnitude : -magnitude;
    }

    // The nearest code; of two equally near ones the even. Numbers half a step past the last finite one are beyond it.
    private static byte Nearest(double value, double[] table, byte last, byte beyond)
    {
        byte sign = double.IsNegative(value) ? (byte)0x80 : (byte)0;
        double magnitude = Math.Abs(value);
        if (double.IsNaN(value))
        {
            return (byte)(sign | 0x7F);
        }

        double halfStep = (table[last] - table[last - 1]) / 2;
        if (magnitude > table[last] + halfStep || (magnitude == table[last] + halfStep && last % 2 == 1))
        {
            return (byte)(sign | beyond);
        }

        int best = 0;
        for (int code = 1; code <= last; code++)
        {
            double mine = Math.Abs(table[code] - magnitude);
            double other = Math.Abs(table[best] - magnitude);
            best = mine < other || (mine == other && code % 2 == 0) ? code : best;
        }

        return (byte)(sign | best);
    }
}
