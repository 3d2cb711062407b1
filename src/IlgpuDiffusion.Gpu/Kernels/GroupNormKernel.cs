using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>
/// Statistics of groups of channels in three steps without barriers: the mean and the squares around it of each channel in a slot (some
/// grid points of an image), then of each channel, then of each group, which gives γ/σ and β − mean·γ/σ. How many grid points a slot
/// has depends on the shape of an image alone.
/// </summary>
internal static class GroupNormKernel
{
    /// <summary>An item takes a run of channels of a slot.</summary>
    [Kernel]
    public static void Slots(GroupNormParameters p, ArrayView<float> x, ArrayView<float> slots)
    {
        int item = WorkItem.Index;
        if (item >= p.SlotItems)
        {
            return;
        }

        int slot = p.ByRuns.Divide(item);
        int image = p.BySlots.Divide(slot);
        int token = (slot - (image * p.Slots)) * p.SlotTokens;
        int tokens = Math.Min(p.SlotTokens, p.Tokens - token);
        int start = ((image * p.Tokens) + token) * p.FromStride;
        int first = (item - (slot * p.RunsPerSlot)) * p.Run;
        int last = Math.Min(p.Channels, first + p.Run);
        for (int c = first; c < last; c++)
        {
            float sum = 0;
            for (int i = 0; i < tokens; i++)
            {
                sum += x[start + (i * p.FromStride) + c];
            }

            float mean = sum / tokens, rest = 0, squares = 0;
            for (int i = 0; i < tokens; i++)
            {
                float value = x[start + (i * p.FromStride) + c] - mean;
                rest += value;
                squares += value * value;
            }

            // What is left around the mean is what rounding took from it.
            int at = slot * 2 * p.Channels;
            slots[at + c] = mean + (rest / tokens);
            slots[at + p.Channels + c] = squares - (rest * rest / tokens);
        }
    }

    /// <summary>An item takes a channel of an image.</summary>
    [Kernel]
    public static void Channels(GroupNormParameters p, ArrayView<float> slots, ArrayView<double> channels)
    {
        int item = WorkItem.Index;
        if (item >= p.Images * p.Channels)
        {
            return;
        }

        int image = p.ByChannels.Divide(item);
        int c = item - (image * p.Channels);
        int start = (image * p.Slots * 2 * p.Channels) + c;
        double sum = 0;
        for (int slot = 0; slot < p.Slots; slot++)
        {
            sum += (double)slots[start + (slot * 2 * p.Channels)] * Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens));
        }

        double mean = sum / p.Tokens, squares = 0;
        for (int slot = 0; slot < p.Slots; slot++)
        {
            int at = start + (slot * 2 * p.Channels);
            double off = slots[at] - mean;
            squares += slots[at + p.Channels] + (off * off * Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens)));
        }

        channels[(image * 2 * p.Channels) + c] = mean;
        channels[(((image * 2) + 1) * p.Channels) + c] = squares;
    }

    /// <summary>An item takes a group of an image.</summary>
    [Kernel]
    public static void Groups(GroupNormParameters p, ArrayView<double> channels, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y)
    {
        int item = WorkItem.Index;
        if (item >= p.Images * p.Groups)
        {
            return;
        }

        int image = p.ByGroups.Divide(item);
        int perGroup = p.PerGroup;
        int first = (item - (image * p.Groups)) * perGroup;
        int start = (image * 2 * p.Channels) + first;
        double sum = 0;
        for (int c = 0; c < perGroup; c++)
        {
            sum += channels[start + c];
        }

        double mean = sum / perGroup, squares = 0;
        for (int c = 0; c < perGroup; c++)
        {
            double off = channels[start + c] - mean;
            squares += channels[start + p.Channels + c] + (off * off * p.Tokens);
        }

        double factor = 1 / Math.Sqrt((squares / ((double)p.Tokens * perGroup)) + p.Epsilon);
        for (int c = first; c < first + perGroup; c++)
        {
            double scale = gamma[c] * factor;
            y[(image * p.ToStride) + c] = (float)scale;
            y[(image * p.ToStride) + p.Channels + c] = (float)(beta[c] - (mean * scale));
        }
    }
}

/// <summary>The sizes of a group norm, and what an item of its first step takes.</summary>
internal struct GroupNormParameters
{
    public double Epsilon;
    public int Images;
    public int Tokens;
    public int Channels;
    public int Groups;
    public int PerGroup;
    public int Slots;
    public int SlotTokens;
    public int SlotItems;
    public int Run;
    public int RunsPerSlot;
    public int FromStride;
    public int ToStride;
    public Divisor ByRuns;
    public Divisor BySlots;
    public Divisor ByChannels;
    public Divisor ByGroups;
}
