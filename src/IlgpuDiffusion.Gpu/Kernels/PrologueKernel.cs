using ILGPU;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>Sizes of a prologue.</summary>
internal struct PrologueShape
{
    /// <summary>Pixels of all images.</summary>
    public int Rows;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>From one pixel of the input to the next.</summary>
    public int XStride;

    /// <summary>Which <see cref="Prologue"/>.</summary>
    public int Kind;

    /// <summary>Pixels that share a row of scales and shifts.</summary>
    public int ScalePixels;

    /// <summary>From one row of scales to the next.</summary>
    public int ScaleStride;

    /// <summary>From one pixel's mean and reciprocal deviation to the next.</summary>
    public int StatisticsStride;
}

/// <summary>Applies a product's prologue to its input, once, as many tiles read it.</summary>
internal static class PrologueKernel
{
    /// <summary>Channels of one pixel that an item computes.</summary>
    public const int Run = 64;

    /// <summary>Computes a run of channels an item. Operands that are not there are any view.</summary>
    /// <param name="p">The sizes.</param>
    /// <param name="x">The input.</param>
    /// <param name="scale">Scales and then shifts per image, or γ.</param>
    /// <param name="shift">β.</param>
    /// <param name="statistics">Mean and reciprocal deviation per pixel.</param>
    /// <param name="y">The result, dense.</param>
    [Kernel]
    public static void Apply(PrologueShape p, ArrayView<float> x, ArrayView<float> scale, ArrayView<float> shift, ArrayView<float> statistics, ArrayView<float> y)
    {
        int item = WorkItem.Index;
        int runs = (p.Channels + Run - 1) / Run;
        int row = item / runs, first = item % runs * Run;
        if (row >= p.Rows)
        {
            return;
        }

        int stop = first + Run < p.Channels ? first + Run : p.Channels;
        long from = (long)row * p.XStride, to = (long)row * p.Channels;
        if (p.Kind == (int)Prologue.LayerNorm)
        {
            float mean = statistics[(long)row * p.StatisticsStride], deviation = statistics[((long)row * p.StatisticsStride) + 1];
            for (int c = first; c < stop; c++)
            {
                y[to + c] = ((x[from + c] - mean) * deviation * scale[c]) + shift[c];
            }

            return;
        }

        long at = (long)(row / p.ScalePixels) * p.ScaleStride;
        for (int c = first; c < stop; c++)
        {
            float value = (x[from + c] * scale[at + c]) + scale[at + p.Channels + c];
            y[to + c] = p.Kind == (int)Prologue.ScaleShiftSilu ? Silu.Of(value) : value;
        }
    }
}
