namespace IlgpuDiffusion.Weights;

/// <summary>
/// Blocks of 32 numbers that share a scale d in half precision, and some a least number m (ggml-quants.c: dequantize_row_q…). Numbers of 4 bits lie so that a byte holds number i below and
/// number i + 16 above. Products of d and a number are exact in single precision.
/// </summary>
internal static unsafe class GgufBlocks
{
    private const int Middle = 16;

    /// <summary>d, 16 bytes: d · (q − 8).</summary>
    public static void Q4Zero(byte* block, float* values)
    {
        float d = Scale(block);
        for (int i = 0; i < Middle; i++)
        {
            byte pair = block[2 + i];
            values[i] = d * ((pair & 15) - 8);
            values[i + Middle] = d * ((pair >> 4) - 8);
        }
    }

    /// <summary>d, m, 16 bytes: d · q + m.</summary>
    public static void Q4One(byte* block, float* values)
    {
        (float d, float m) = (Scale(block), Scale(block + 2));
        for (int i = 0; i < Middle; i++)
        {
            byte pair = block[4 + i];
            values[i] = (d * (pair & 15)) + m;
            values[i + Middle] = (d * (pair >> 4)) + m;
        }
    }

    /// <summary>d, the fifth bits of all numbers in 4 bytes, 16 bytes: d · (q − 16).</summary>
    public static void Q5Zero(byte* block, float* values)
    {
        (float d, uint fifth) = (Scale(block), *(uint*)(block + 2));
        for (int i = 0; i < Middle; i++)
        {
            byte pair = block[6 + i];
            values[i] = d * (((pair & 15) | (Bit(fifth, i) << 4)) - 16);
            values[i + Middle] = d * (((pair >> 4) | (Bit(fifth, i + Middle) << 4)) - 16);
        }
    }

    /// <summary>d, m, the fifth bits, 16 bytes: d · q + m.</summary>
    public static void Q5One(byte* block, float* values)
    {
        (float d, float m, uint fifth) = (Scale(block), Scale(block + 2), *(uint*)(block + 4));
        for (int i = 0; i < Middle; i++)
        {
            byte pair = block[8 + i];
            values[i] = (d * ((pair & 15) | (Bit(fifth, i) << 4))) + m;
            values[i + Middle] = (d * ((pair >> 4) | (Bit(fifth, i + Middle) << 4))) + m;
        }
    }

    /// <summary>d, 32 signed bytes: d · q.</summary>
    public static void Q8Zero(byte* block, float* values)
    {
        float d = Scale(block);
        for (int i = 0; i < 2 * Middle; i++)
        {
            values[i] = d * (sbyte)block[2 + i];
        }
    }

    /// <summary>A number in half precision.</summary>
    internal static float Scale(byte* at) => (float)*(Half*)at;

    private static int Bit(uint bits, int i) => (int)(bits >> i) & 1;
}
