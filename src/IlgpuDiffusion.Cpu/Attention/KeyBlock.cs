using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// At most 128 keys and their values of one head, as the tiles read them: keys transposed, [block of 128 channels][panel of 32 keys][channel][32];
/// values by columns, [panel of 32 columns][128 keys][32], and if at most 8 columns are left, those as [64 pairs of keys][8 columns][2 keys].
/// </summary>
internal static unsafe class KeyBlock
{
    /// <summary>Keys whose scores are summed before the running sums take them in; the sums are the same for any partition of the queries.</summary>
    public const int Keys = Panels.KBlock;

    /// <summary>How many keys before its turn a key is asked for.</summary>
    private const int Ahead = 12;

    private const int LineFloats = 16;

    /// <summary>Floats of the keys.</summary>
    public static int KeyFloats(int width) => Keys * width;

    /// <summary>Floats of keys and values.</summary>
    public static int Floats(int width) => KeyFloats(width) + (FullPanels(width) * Keys * Panels.Columns) + (Paired(width) ? Keys / 2 * PairedTiles.Lanes : 0);

    /// <summary>Whether the last columns are few enough for <see cref="PairedTiles"/>.</summary>
    public static bool Paired(int width) => width % Panels.Columns is > 0 and <= PairedTiles.Lanes / 2;

    /// <summary>Panels of 32 columns that hold values one key at a time.</summary>
    public static int FullPanels(int width) => ValuePanels(width) - (Paired(width) ? 1 : 0);

    /// <summary>Panels of 32 columns, the paired one included.</summary>
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
        int padded = (count + AttentionStep.Lanes - 1) / AttentionStep.Lanes * AttentionStep.Lanes;
        for (int j = 0; j < padded; j += 4)
        {
            float* k0 = keys + (Token(tokens, start, Math.Min(j, count - 1)) * keyStride), k1 = keys + (Token(tokens, start, Math.Min(j + 1, count - 1)) * keyStride);
            float* k2 = keys + (Token(tokens, start, Math.Min(j + 2, count - 1)) * keyStride), k3 = keys + (Token(tokens, start, Math.Min(j + 3, count - 1)) * keyStride);
            for (int ahead = j + Ahead; ahead < Math.Min(count, j + Ahead + 4); ahead++)
            {
                Prefetch(keys + (Token(tokens, start, ahead) * keyStride), width);
            }

            Transpose(to, width, j, k0, k1, k2, k3);
        }

        PackValues(to + KeyFloats(width), values, valueStride, tokens, start, count, width);
    }

    private static void PackValues(float* to, float* values, nint stride, int* tokens, int start, int count, int width)
    {
        int full = FullPanels(width);
        float* pairs = to + ((nint)full * Keys * Panels.Columns);
        if (Paired(width) && count % 2 != 0)
        {
            new Span<float>(pairs + (count / 2 * PairedTiles.Lanes), PairedTiles.Lanes).Clear();
        }

        for (int j = 0; j < count; j++)
        {
            float* from = values + (Token(tokens, start, j) * stride);
            if (j + Ahead < count)
            {
                Prefetch(values + (Token(tokens, start, j + Ahead) * stride), width);
            }

            for (int panel = 0; panel < full; panel++)
            {
                int c = panel * Panels.Columns;
                float* row = to + (((nint)c * Keys) + (j * Panels.Columns));
                if (width - c >= Panels.Columns)
                {
                    Unsafe.CopyBlockUnaligned(row, from + c, Panels.Columns * sizeof(float));
                    continue;
                }

                new Span<float>(from + c, width - c).CopyTo(new Span<float>(row, Panels.Columns));
                new Span<float>(row + (width - c), Panels.Columns - (width - c)).Clear();
            }

            if (Paired(width))
            {
                float* pair = pairs + (j / 2 * PairedTiles.Lanes) + (j % 2);
                int first = full * Panels.Columns;
                for (int c = 0; c < PairedTiles.Lanes / 2; c++)
                {
                    pair[2 * c] = first + c < width ? from[first + c] : 0;
                }
            }
        }
    }

    /// <summary>Asks for a row. Rows of a head are short and far apart, which the hardware's own prefetching does not see through.</summary>
    public static void Prefetch(float* row, int width)
    {
        if (Sse.IsSupported)
        {
            for (int c = 0; c < width + LineFloats; c += LineFloats)
            {
                Sse.Prefetch0(row + Math.Min(c, width - 1));
            }
        }
    }

    private static nint Token(int* tokens, int start, int j) => tokens == null ? start + j : tokens[j];

    /// <summary>Four keys into four neighbouring columns; where there are fewer, the last stands in for the others, whose scores are hidden.</summary>
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
