using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Layer norms of rows that a warp holds in registers: read once, written once. Of a row's eights lane l takes numbers l, l + 32 and so on, up to five;
/// sums are taken eight by eight, then over the lane's, then over the lanes by halves, so their order depends on the channels alone.
/// </summary>
internal static class LayerNormKernel
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Groups that a multiprocessor is to hold.</summary>
    public const int GroupsPerProcessor = 4;

    /// <summary>Rows of a group.</summary>
    public const int Rows = Threads / Warp;

    /// <summary>Channels of a row at most.</summary>
    public const int Channels = 5 * Warp * Octets.Size;

    private const int Warp = 32;

    /// <summary>Four rows a group. Channels are a multiple of eight.</summary>
    [Kernel(EveryFormat = true)]
    public static void Run<TElement, TFormat>(LayerNormShape p, ArrayView<TElement> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        // Lanes without a row of their own, or an eighth of it, read another's and write nothing: all of a warp take part in its sums.
        int wanted = (Grid.IdxX * Rows) + (Group.IdxX / Warp), row = Math.Min(wanted, p.Rows - 1), own = wanted == row ? p.Eights : 0;
        int first = Group.IdxX & (Warp - 1), second = first + Warp, third = second + Warp, fourth = third + Warp, fifth = fourth + Warp;
        int from = row * p.FromStride;
        Octet a = Load<TElement, TFormat>(p, x, from, first), b = a, c = a, d = a, e = a;
        if (p.Eights > Warp)
        {
            b = Load<TElement, TFormat>(p, x, from, second);
            c = Load<TElement, TFormat>(p, x, from, third);
        }

        if (p.Eights > 3 * Warp)
        {
            d = Load<TElement, TFormat>(p, x, from, fourth);
            e = Load<TElement, TFormat>(p, x, from, fifth);
        }

        float mean = OfRow(Sum(a, first, p.Eights) + Sum(b, second, p.Eights) + Sum(c, third, p.Eights) + Sum(d, fourth, p.Eights) + Sum(e, fifth, p.Eights)) * p.OneByChannels;
        (a, b, c, d, e) = (a - Octets.All(mean), b - Octets.All(mean), c - Octets.All(mean), d - Octets.All(mean), e - Octets.All(mean));

        // What is left around the mean is what rounding took from it.
        float rest = OfRow(Sum(a, first, p.Eights) + Sum(b, second, p.Eights) + Sum(c, third, p.Eights) + Sum(d, fourth, p.Eights) + Sum(e, fifth, p.Eights)), left = rest * p.OneByChannels;
        float squares = OfRow(Sum(a * a, first, p.Eights) + Sum(b * b, second, p.Eights) + Sum(c * c, third, p.Eights) + Sum(d * d, fourth, p.Eights) + Sum(e * e, fifth, p.Eights)) - (rest * left);
        float scale = 1 / MathF.Sqrt((squares * p.OneByChannels) + p.Epsilon);
        int to = row * p.ToStride, table = p.ByTableRows.Divide(row);
        int gammaAt = table * p.GammaStride, betaAt = table * p.BetaStride;
        Store<TElement, TFormat>(p, y, to, first, own, a, left, scale, gamma, gammaAt, beta, betaAt);
        if (p.Eights > Warp)
        {
            Store<TElement, TFormat>(p, y, to, second, own, b, left, scale, gamma, gammaAt, beta, betaAt);
            Store<TElement, TFormat>(p, y, to, third, own, c, left, scale, gamma, gammaAt, beta, betaAt);
        }

        if (p.Eights > 3 * Warp)
        {
            Store<TElement, TFormat>(p, y, to, fourth, own, d, left, scale, gamma, gammaAt, beta, betaAt);
            Store<TElement, TFormat>(p, y, to, fifth, own, e, left, scale, gamma, gammaAt, beta, betaAt);
        }
    }

    private static Octet Load<TElement, TFormat>(LayerNormShape p, ArrayView<TElement> x, int line, int eighth)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement> =>
        Octets.Load<TElement, TFormat>(x, line, Math.Min(eighth, p.Eights - 1) * Octets.Size, Octets.Size - 1, p.FromWay);

    private static void Store<TElement, TFormat>(LayerNormShape p, ArrayView<TElement> y, int line, int eighth, int own, Octet x, float left, float scale, ArrayView<float> gamma, int gammaAt, ArrayView<float> beta, int betaAt)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        if (eighth < own)
        {
            int at = eighth * Octets.Size;
            Octet factor = Octets.Load<float, Float32Format>(gamma, gammaAt, at, Octets.Size - 1, p.TableWay), summand = Octets.Load<float, Float32Format>(beta, betaAt, at, Octets.Size - 1, p.TableWay);
            Octets.Store<TElement, TFormat>(y, line + at, Octets.Size - 1, p.ToWay, ((x - Octets.All(left)) * scale * factor) + summand);
        }
    }

    private static float Sum(Octet x, int eighth, int eights) => eighth < eights ? ((x.A + x.B) + (x.C + x.D)) + ((x.E + x.F) + (x.G + x.H)) : 0f;

    private static float OfRow(float sum)
    {
        for (int lanes = Warp / 2; lanes > 0; lanes >>= 1)
        {
            sum += ILGPU.Warp.ShuffleXor(sum, lanes);
        }

        return sum;
    }
}

/// <summary>The rows, where they lie and how eights are read and written.</summary>
internal struct LayerNormShape
{
    public int Rows;

    /// <summary>Eights of a row.</summary>
    public int Eights;

    /// <summary>1 / channels.</summary>
    public float OneByChannels;
    public float Epsilon;
    public int FromStride;
    public int FromWay;
    public int ToStride;
    public int ToWay;

    /// <summary>How γ and β are read.</summary>
    public int TableWay;

    /// <summary>From one γ to the next.</summary>
    public int GammaStride;

    /// <summary>From one β to the next.</summary>
    public int BetaStride;

    /// <summary>Rows that share γ and β.</summary>
    public Divisor ByTableRows;
}
