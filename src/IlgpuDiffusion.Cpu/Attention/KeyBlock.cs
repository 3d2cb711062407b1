using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// At most 128 keys and their values of one head, as the tiles read them: keys transposed, [block of 128 channels][panel of 32 keys][channel][32];
/// values by columns, [panel of 32 columns][128 keys][32].
/// </summary>
internal static unsafe class KeyBlock
{
    /// <summary>Keys whose scores are summed before the running sums take them in; the sums are the same for any partition of the queries.</summary>
    public const int Keys = Panels.KBlock;

    /// <summary>Floats of the keys.</summary>
    public static int KeyFloats(int width) => Keys * width;

    /// <summary>Floats of keys and values.</summary>
    public static int Floats(int width) => KeyFloats(width) + (ValuePanels(width) * Keys * Panels.Columns);

    /// <summary>Panels of 32 columns.</summary>
    public static int ValuePanels(int width) => (width + Panels.Columns - 1) / Panels.Columns;

    /// <summary>Floats in front of a panel of keys.</summary>
    public static int KeyPanel(int width, int channelBlock, int panel) =>
        (channelBlock * Keys * Panels.KBlock) + (panel * Math.Min(Panels.KBlock, width - (channelBlock * Panels.KBlock)) * Panels.Columns);

    /// <summary>Packs some keys and values.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="keys">The head's channels of the first key of the image.</param>
    /// <param name="keyStride">Floats from one key to the next.</param>
    /// <param name="values">The head's channels of the first value of the image.</param>
    /// <param name="valueStride">Floats from one value to the next.</param>
    /// <param name="tokens">The keys' numbers, or null for <paramref name="start"/> and those that follow.</param>
    /// <param name="start">The first key.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="width">Channels of a head.</param>
    public static void Pack(float* to, float* keys, nint keyStride, float* values, nint valueStride, int* tokens, int start, int count, int width)
    {
        for (int j = 0; j < count; j += 4)
        {
            int few = Math.Min(4, count - j);
            nint t0 = Token(tokens, start, j), t1 = Token(tokens, start, j + Math.Min(1, few - 1)), t2 = Token(tokens, start, j + Math.Min(2, few - 1)), t3 = Token(tokens, start, j + few - 1);
            Transpose(to, width, j, keys + (t0 * keyStride), keys + (t1 * keyStride), keys + (t2 * keyStride), keys + (t3 * keyStride));
        }

        float* panels = to + KeyFloats(width);
        for (int j = 0; j < count; j++)
        {
            float* from = values + (Token(tokens, start, j) * valueStride);
            for (int c = 0; c < width; c += Panels.Columns)
            {
                float* row = panels + (((nint)c * Keys) + (j * Panels.Columns));
                int columns = Math.Min(Panels.Columns, width - c);
                NativeMemory.Copy(from + c, row, (nuint)columns * sizeof(float));
                NativeMemory.Clear(row + columns, (nuint)(Panels.Columns - columns) * sizeof(float));
            }
        }
    }

    private static nint Token(int* tokens, int start, int j) => tokens == null ? start + j : tokens[j];

    /// <summary>Four keys into four neighbouring columns; where there are fewer, the last stands in for the others, whose scores nobody reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* to, int width, int key, float* k0, float* k1, float* k2, float* k3)
    {
        for (int first = 0; first < width; first += Panels.KBlock)
        {
            int length = Math.Min(Panels.KBlock, width - first);
            float* column = to + (first * Keys) + (key / Panels.Columns * length * Panels.Columns) + (key % Panels.Columns);
            int c = first, end = first + length;
            if (Interleave.IsSupported)
            {
                for (; c <= end - 4; c += 4, column += 4 * Panels.Columns)
                {
                    Vector128<uint> r0 = Vector128.Load((uint*)k0 + c), r1 = Vector128.Load((uint*)k1 + c), r2 = Vector128.Load((uint*)k2 + c), r3 = Vector128.Load((uint*)k3 + c);
                    Vector128<ulong> a0 = Interleave.Low(r0, r1).AsUInt64(), a1 = Interleave.High(r0, r1).AsUInt64(), a2 = Interleave.Low(r2, r3).AsUInt64(), a3 = Interleave.High(r2, r3).AsUInt64();
                    Interleave.Low(a0, a2).AsSingle().Store(column);
                    Interleave.High(a0, a2).AsSingle().Store(column + Panels.Columns);
                    Interleave.Low(a1, a3).AsSingle().Store(column + (2 * Panels.Columns));
                    Interleave.High(a1, a3).AsSingle().Store(column + (3 * Panels.Columns));
                }
            }

            for (; c < end; c++, column += Panels.Columns)
            {
                column[0] = k0[c];
                column[1] = k1[c];
                column[2] = k2[c];
                column[3] = k3[c];
            }
        }
    }
}
