using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Sinusoids of times. An item takes one frequency of one time. The functions are computed in f64: a GPU's own are wrong at large angles.</summary>
internal static class SinusoidKernel
{
    [Kernel]
    public static void Run(SinusoidParameters p, ArrayView<float> times, ArrayView<float> frequencies, ArrayView<float> y)
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int row = p.ByHalf.Divide(item);
        int i = item - (row * p.Half);
        float angle = times[row * p.FromStride] * frequencies[i];

        // Quarter turns, and what is left, at most an eighth of a turn.
        int quarters = (int)((angle * (2 / Math.PI)) + (angle < 0 ? -0.5 : 0.5));
        double rest = angle - (quarters * 1.5707963267948966) - (quarters * 6.123233995736766e-17);
        double sine = Sine(rest), cosine = Cosine(rest);
        bool swapped = (quarters & 1) != 0;
        double s = swapped ? cosine : sine, c = swapped ? sine : cosine;
        s = (quarters & 2) != 0 ? -s : s;
        c = ((quarters + 1) & 2) != 0 ? -c : c;

        int at = row * p.ToStride;
        y[at + i + (p.CosineFirst == 1 ? p.Half : 0)] = (float)s;
        y[at + i + (p.CosineFirst == 1 ? 0 : p.Half)] = (float)c;
        if (i == 0 && p.Channels > 2 * p.Half)
        {
            y[at + p.Channels - 1] = 0;
        }
    }

    // Taylor series, below 1e-12 within an eighth of a turn.
    private static double Sine(double x)
    {
        double z = x * x;
        double sum = (z / 6227020800) - (1.0 / 39916800);
        sum = (sum * z) + (1.0 / 362880);
        sum = (sum * z) - (1.0 / 5040);
        sum = (sum * z) + (1.0 / 120);
        sum = (sum * z) - (1.0 / 6);
        return x + (x * z * sum);
    }

    private static double Cosine(double x)
    {
        double z = x * x;
        double sum = (z / 479001600) - (1.0 / 3628800);
        sum = (sum * z) + (1.0 / 40320);
        sum = (sum * z) - (1.0 / 720);
        sum = (sum * z) + (1.0 / 24);
        sum = (sum * z) - 0.5;
        return 1 + (z * sum);
    }
}

/// <summary>The times and frequencies, the strides, and the order of the halves.</summary>
internal struct SinusoidParameters
{
    public int Items;
    public int Half;
    public int Channels;
    public int FromStride;
    public int ToStride;
    public int CosineFirst;
    public Divisor ByHalf;
}
