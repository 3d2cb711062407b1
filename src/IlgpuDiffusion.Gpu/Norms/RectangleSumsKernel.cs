using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Sums of channels over a rectangle, and the group norm that is made of such sums. In f64.</summary>
internal static class RectangleSumsKernel
{
    /// <summary>An item takes a channel of a slot of an image, or some channels.</summary>
    [Kernel(EveryFormat = true)]
    public static void Add<TElement, TFormat>(RectangleSumsParameters p, ArrayView<TElement> x, ArrayView<int> rectangle, ArrayView<double> sums)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int slot = p.ByRuns.Divide(item);
        int start = (item - (slot * p.RunsPerSlot)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        int image = p.BySlots.Divide(slot);
        int first = Math.Max(0, rectangle[0]) + slot - (image * p.Slots), last = Math.Min(p.Height, rectangle[1]);
        int left = Math.Max(0, rectangle[2]), right = Math.Min(p.Width, rectangle[3]);
        for (int c = start; c < end; c++)
        {
            double sum = 0, squares = 0;
            for (int y = first; y < last; y += p.Slots)
            {
                int row = ((image * p.Height) + y) * p.Width;
                for (int at = row + left; at < row + right; at++)
                {
                    double value = TFormat.Widen(x[(at * p.FromStride) + c]);
                    sum += value;
                    squares += value * value;
                }
            }

            sums[(slot * p.ToStride) + c] = sum;
            sums[(slot * p.ToStride) + p.Channels + c] = squares;
        }
    }

    /// <summary>An item takes a group of an image: slots in order, of each the group's channels in order.</summary>
    [Kernel]
    public static void Normalize(SummedNormParameters p, ArrayView<double> sums, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y)
    {
        int item = WorkItem.Index;
        if (item >= p.Images * p.Groups)
        {
            return;
        }

        int image = p.ByGroups.Divide(item);
        int first = (item - (image * p.Groups)) * p.PerGroup;
        double sum = 0, squares = 0;
        for (int slot = 0; slot < p.Slots; slot++)
        {
            int at = (((image * p.Slots) + slot) * p.FromStride) + first;
            for (int c = at; c < at + p.PerGroup; c++)
            {
                sum += sums[c];
                squares += sums[c + p.Channels];
            }
        }

        double count = (double)p.Tokens * p.PerGroup, mean = sum / count;
        double factor = 1 / Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean)) + p.Epsilon);
        int to = image * p.ToStride;
        for (int c = first; c < first + p.PerGroup; c++)
        {
            double scale = gamma[c] * factor;
            y[to + c] = (float)scale;
            y[to + p.Channels + c] = (float)(beta[c] - (mean * scale));
        }
    }
}

/// <summary>The sizes of sums of channels, and what an item takes.</summary>
internal struct RectangleSumsParameters
{
    public int Items;
    public int Channels;
    public int Run;
    public int RunsPerSlot;
    public int Slots;
    public int Height;
    public int Width;
    public int FromStride;
    public int ToStride;
    public Divisor ByRuns;
    public Divisor BySlots;
}

/// <summary>The sizes of a group norm from sums.</summary>
internal struct SummedNormParameters
{
    public double Epsilon;
    public int Images;
    public int Tokens;
    public int Channels;
    public int Groups;
    public int PerGroup;
    public int Slots;
    public int FromStride;
    public int ToStride;
    public Divisor ByGroups;
}
