namespace IlgpuDiffusion.Weights;

/// <summary>
/// Blocks of 256 numbers in parts of 16 or 32, each with a small scale, some with a small least number too, which a scale of the whole block multiplies (ggml-quants.c: dequantize_row_q…_K,
/// "k-quants"). All but the subtraction of the least number is exact in single precision.
/// </summary>
internal static unsafe class GgufSuperBlocks
{
    /// <summary>16 bytes of scales (low) and least numbers (high), 64 bytes of four numbers each, d, m: d · s · q − m · l.</summary>
    public static void Q2(byte* block, float* values)
    {
        (float d, float m) = (GgufBlocks.Scale(block + 80), GgufBlocks.Scale(block + 82));
        for (int part = 0; part < 16; part++)
        {
            byte* numbers = block + 16 + PairsAt(part);
            (float scale, float least) = (d * (block[part] & 15), m * (block[part] >> 4));
            for (int i = 0; i < 16; i++)
            {
                values[(part * 16) + i] = (scale * ((numbers[i] >> Shift(part)) & 3)) - least;
            }
        }
    }

    /// <summary>32 bytes of third bits, 64 bytes of four numbers each, 12 bytes of 16 scales of 6 bits, d: d · (s − 32) · (q − 4).</summary>
    public static void Q3(byte* block, float* values)
    {
        float d = GgufBlocks.Scale(block + 108);
        byte* scales = block + 96;
        for (int part = 0; part < 16; part++)
        {
            // Four bits of the first eight bytes, two of the last four.
            int low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4, high = (scales[8 + (part % 4)] >> (2 * (part / 4))) & 3;
            float scale = d * ((low | (high << 4)) - 32);
            byte* numbers = block + 32 + PairsAt(part), third = block + (part % 2 * 16);
            for (int i = 0; i < 16; i++)
            {
                values[(part * 16) + i] = scale * (((numbers[i] >> Shift(part)) & 3) - ((third[i] >> (part / 2) & 1) == 0 ? 4 : 0));
            }
        }
    }

    /// <summary>d, m, 12 bytes of 8 scales and 8 least numbers of 6 bits, 128 bytes of two numbers: d · s · q − m · l.</summary>
    public static void Q4(byte* block, float* values)
    {
        for (int part = 0; part < 8; part++)
        {
            (float scale, float least) = ScaleAndLeast(block, part);
            byte* numbers = block + 16 + (part / 2 * 32);
            for (int i = 0; i < 32; i++)
            {
                values[(part * 32) + i] = (scale * ((numbers[i] >> (part % 2 * 4)) & 15)) - least;
            }
        }
    }

    /// <summary>The same with 32 bytes of fifth bits before the numbers.</summary>
    public static void Q5(byte* block, float* values)
    {
        for (int part = 0; part < 8; part++)
        {
            (float scale, float least) = ScaleAndLeast(block, part);
            byte* numbers = block + 48 + (part / 2 * 32);
            for (int i = 0; i < 32; i++)
            {
                int fifth = (block[16 + i] >> part) & 1;
                values[(part * 32) + i] = (scale * (((numbers[i] >> (part % 2 * 4)) & 15) | (fifth << 4))) - least;
            }
        }
    }

    /// <summary>128 bytes of low halves, 64 bytes of four high pairs each, 16 signed scales, d: d · s · (q − 32).</summary>
    public static void Q6(byte* block, float* values)
    {
        float d = GgufBlocks.Scale(block + 208);
        for (int part = 0; part < 16; part++)
        {
            // Each half of the block: quarters of 32 numbers, whose low halves share 64 bytes and whose high pairs share 32.
            (int half, int quarter, int first) = (part / 8, part / 2 % 4, part % 2 * 16);
            byte* low = block + (half * 64) + (quarter % 2 * 32) + first, high = block + 128 + (half * 32) + first;
            float scale = d * (sbyte)block[192 + part];
            for (int i = 0; i < 16; i++)
            {
                int q = ((low[i] >> (quarter / 2 * 4)) & 15) | (((high[i] >> (quarter * 2)) & 3) << 4);
                values[(part * 16) + i] = scale * (q - 32);
            }
        }
    }

    // Numbers of two bits: each half of the block has 32 bytes, of which a part reads 16, at a pair of bits of its own.
    private static int PairsAt(int part) => (part / 8 * 32) + (part % 2 * 16);

    private static int Shift(int part) => part / 2 % 4 * 2;

    // Of 12 bytes the first 4 hold scales and the next 4 least numbers of the first four parts; those of the other four have their low halves in the last 4, and their high pairs above the first ones.
    private static (float Scale, float Least) ScaleAndLeast(byte* block, int part)
    {
        byte* packed = block + 4;
        (int scale, int least) = part < 4
            ? (packed[part] & 63, packed[part + 4] & 63)
            : ((packed[part + 4] & 15) | (packed[part - 4] >> 6 << 4), (packed[part + 4] >> 4) | (packed[part] >> 6 << 4));
        return (GgufBlocks.Scale(block) * scale, GgufBlocks.Scale(block + 2) * least);
    }
}
