using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The unbiased standard deviation of images in two steps: mean and squares of slots of values, then of images (Chan et al. 1979). In f64.</summary>
internal static class StandardDeviationKernel
{
    /// <summary>An item takes a slot of an image: grid points <see cref="StandardDeviationParameters.SlotTokens"/> at a time.</summary>
    [Kernel(EveryFormat = true)]
    public static void Slots<TElement, TFormat>(StandardDeviationParameters p, ArrayView<TElement> x, ArrayView<double> slots)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        if (item >= p.Images * p.Slots)
        {
            return;
        }

        int image = p.BySlots.Divide(item);
        int token = (item - (image * p.Slots)) * p.SlotTokens;
        int tokens = Math.Min(p.SlotTokens, p.Tokens - token);
        int start = ((image * p.Tokens) + token) * p.FromStride;
        double sum = 0;
        for (int i = 0; i < tokens; i++)
        {
            for (int c = 0; c < p.Channels; c++)
            {
                sum += TFormat.Widen(x[start + (i * p.FromStride) + c]);
            }
        }

        double mean = sum / ((double)tokens * p.Channels), squares = 0;
        for (int i = 0; i < tokens; i++)
        {
            for (int c = 0; c < p.Channels; c++)
            {
                double off = TFormat.Widen(x[start + (i * p.FromStride) + c]) - mean;
                squares += off * off;
            }
        }

        slots[2 * item] = mean;
        slots[(2 * item) + 1] = squares;
    }

    /// <summary>An item takes an image.</summary>
    [Kernel]
    public static void Images(StandardDeviationParameters p, ArrayView<double> slots, ArrayView<float> y)
    {
        int image = WorkItem.Index;
        if (image >= p.Images)
        {
            return;
        }

        double sum = 0, count = (double)p.Tokens * p.Channels;
        int start = 2 * image * p.Slots;
        for (int slot = 0; slot < p.Slots; slot++)
        {
            sum += slots[start + (2 * slot)] * Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens)) * p.Channels;
        }

        double mean = sum / count, squares = 0;
        for (int slot = 0; slot < p.Slots; slot++)
        {
            double off = slots[start + (2 * slot)] - mean;
            squares += slots[start + (2 * slot) + 1] + (off * off * Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens)) * p.Channels);
        }

        y[image * p.ToStride] = (float)Math.Sqrt(squares / (count - 1));
    }
}

/// <summary>The images, their strides, and their slots.</summary>
internal struct StandardDeviationParameters
{
    public int Images;
    public int Tokens;
    public int Channels;
    public int Slots;
    public int SlotTokens;
    public int FromStride;
    public int ToStride;
    public Divisor BySlots;
}
