using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Mean and 1/√(var + ε) of each row in two steps: the mean and the squares around it of each share of a row, then of the row. Of a row's
/// eights share i of n takes numbers i, i + n, i + 2n and so on, so that neighbouring items read neighbouring addresses; n depends on the
/// number of channels alone.
/// </summary>
internal static class RowStatisticsKernel
{
    /// <summary>An item takes a share of a row, or some shares.</summary>
    [Kernel(EveryFormat = true)]
    public static void Shares<TElement, TFormat>(RowStatisticsParameters p, ArrayView<TElement> x, ArrayView<float> shares)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int first = WorkItem.Index * p.SharesPerItem;
        int end = Math.Min(p.Rows * p.Shares, first + p.SharesPerItem);
        for (int i = first; i < end; i++)
        {
            int row = p.ByShares.Divide(i), own = i - (row * p.Shares), start = row * p.FromStride;
            float mean = Sum<TElement, TFormat>(p, x, start, own, 0f, false) / Count(p, own);

            // What is left around the mean is what rounding took from it.
            float rest = Sum<TElement, TFormat>(p, x, start, own, mean, false), left = rest / Count(p, own);
            shares[2 * i] = mean + left;
            shares[(2 * i) + 1] = Sum<TElement, TFormat>(p, x, start, own, mean, true) - (rest * left);
        }
    }

    /// <summary>An item takes some rows.</summary>
    [Kernel]
    public static void Rows(RowStatisticsParameters p, ArrayView<float> shares, ArrayView<float> y)
    {
        int first = WorkItem.Index * p.RowsPerItem;
        int end = Math.Min(p.Rows, first + p.RowsPerItem);
        for (int row = first; row < end; row++)
        {
            int start = 2 * row * p.Shares;
            double sum = 0;
            for (int i = 0; i < p.Shares; i++)
            {
                sum += (double)shares[start + (2 * i)] * Count(p, i);
            }

            double mean = sum / p.Channels, squares = 0;
            for (int i = 0; i < p.Shares; i++)
            {
                double off = shares[start + (2 * i)] - mean;
                squares += shares[start + (2 * i) + 1] + (off * off * Count(p, i));
            }

            y[row * p.ToStride] = (float)mean;
            y[(row * p.ToStride) + 1] = (float)(1 / Math.Sqrt((squares / p.Channels) + p.Epsilon));
        }
    }

    // Of the first eights, all shares have as many; one may have one more, and the last of all may be cut.
    private static int Count(RowStatisticsParameters p, int share)
    {
        int eights = p.Even + (share < p.More ? 1 : 0);
        return (eights * Octets.Size) - (share == p.CutShare ? p.Cut : 0);
    }

    private static float Sum<TElement, TFormat>(RowStatisticsParameters p, ArrayView<TElement> x, int start, int share, float centre, bool squares)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        float sum = 0;
        int step = p.Shares * Octets.Size, c = share * Octets.Size;
        if (p.Way == Octets.Wide)
        {
            // Loops without branches, so that several reads are under way at once.
            for (; c + Octets.Size <= p.Channels; c += step)
            {
                sum += Sum(TFormat.LoadEight(x, start + c) - Octets.All(centre), Octets.Size - 1, squares);
            }
        }

        for (; c < p.Channels; c += step)
        {
            int last = Math.Min(p.Channels - c, Octets.Size) - 1;
            sum += Sum(Octets.Each<TElement, TFormat>(x, start + c, last) - Octets.All(centre), last, squares);
        }

        return sum;
    }

    private static float Sum(Octet x, int last, bool squares)
    {
        x = squares ? x * x : x;
        float b = last > 0 ? x.B : 0f, c = last > 1 ? x.C : 0f, d = last > 2 ? x.D : 0f;
        float e = last > 3 ? x.E : 0f, f = last > 4 ? x.F : 0f, g = last > 5 ? x.G : 0f, h = last > 6 ? x.H : 0f;
        return ((x.A + b) + (c + d)) + ((e + f) + (g + h));
    }
}

/// <summary>The rows, their strides, their shares, and how many an item takes.</summary>
internal struct RowStatisticsParameters
{
    public double Epsilon;
    public int Rows;
    public int Channels;
    public int FromStride;
    public int Way;
    public int ToStride;
    public int RowsPerItem;
    public int Shares;
    public int SharesPerItem;

    /// <summary>Eights of every share, how many shares have one more, which one has the last, and what that lacks to eight.</summary>
    public int Even;

    /// <inheritdoc cref="Even"/>
    public int More;

    /// <inheritdoc cref="Even"/>
    public int CutShare;

    /// <inheritdoc cref="Even"/>
    public int Cut;
    public Divisor ByShares;
}
