using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Statistics of groups of channels in steps without barriers: the mean and the squares around it of each channel in a slot (some grid
/// points of an image), of some slots, of each channel, and of each group, which gives γ/σ and β − mean·γ/σ. How many grid points a slot
/// has depends on the shape of an image alone. Slots hold the means of all channels and then their squares.
/// </summary>
internal static class GroupNormKernel
{
    /// <summary>Grid points that an item holds at once; a slot is some of these blocks.</summary>
    public const int Block = 8;

    /// <summary>Slots that become one.</summary>
    public const int Folded = 32;

    /// <summary>An item takes eight channels of a slot, or some eights.</summary>
    [Kernel(EveryFormat = true)]
    public static void Slots<TElement, TFormat>(GroupNormParameters p, ArrayView<TElement> x, ArrayView<float> slots)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int slot = p.ByRuns.Divide(item);
        int image = p.BySlots.Divide(slot);
        int token = (slot - (image * p.Slots)) * p.SlotTokens;
        int tokens = Math.Min(p.SlotTokens, p.Tokens - token);
        int start = ((image * p.Tokens) + token) * p.FromStride;
        int first = (item - (slot * p.RunsPerSlot)) * p.Run;
        int end = Math.Min(p.Channels, first + p.Run);
        int to = slot * 2 * p.Pitch;
        for (int c = first; c < end; c += Octets.Size)
        {
            int last = Math.Min(p.Channels - c, Octets.Size) - 1;
            Octet mean = default, squares = default;
            for (int done = 0; done < tokens; done += Block)
            {
                // Grid points behind the last repeat it and count for nothing.
                int at = start + (done * p.FromStride), count = Math.Min(Block, tokens - done);
                int t1 = at + (Math.Min(1, count - 1) * p.FromStride), t2 = at + (Math.Min(2, count - 1) * p.FromStride);
                int t3 = at + (Math.Min(3, count - 1) * p.FromStride), t4 = at + (Math.Min(4, count - 1) * p.FromStride);
                int t5 = at + (Math.Min(5, count - 1) * p.FromStride), t6 = at + (Math.Min(6, count - 1) * p.FromStride);
                int t7 = at + ((count - 1) * p.FromStride);
                Octet v0, v1, v2, v3, v4, v5, v6, v7;
                if (p.Way == Octets.Wide && last == Octets.Size - 1)
                {
                    // No branch between the reads, so that all are under way at once.
                    v0 = TFormat.LoadEight(x, at + c);
                    v1 = TFormat.LoadEight(x, t1 + c);
                    v2 = TFormat.LoadEight(x, t2 + c);
                    v3 = TFormat.LoadEight(x, t3 + c);
                    v4 = TFormat.LoadEight(x, t4 + c);
                    v5 = TFormat.LoadEight(x, t5 + c);
                    v6 = TFormat.LoadEight(x, t6 + c);
                    v7 = TFormat.LoadEight(x, t7 + c);
                }
                else
                {
                    v0 = Octets.Each<TElement, TFormat>(x, at + c, last);
                    v1 = Octets.Each<TElement, TFormat>(x, t1 + c, last);
                    v2 = Octets.Each<TElement, TFormat>(x, t2 + c, last);
                    v3 = Octets.Each<TElement, TFormat>(x, t3 + c, last);
                    v4 = Octets.Each<TElement, TFormat>(x, t4 + c, last);
                    v5 = Octets.Each<TElement, TFormat>(x, t5 + c, last);
                    v6 = Octets.Each<TElement, TFormat>(x, t6 + c, last);
                    v7 = Octets.Each<TElement, TFormat>(x, t7 + c, last);
                }

                float w1 = count > 1 ? 1f : 0f, w2 = count > 2 ? 1f : 0f, w3 = count > 3 ? 1f : 0f, w4 = count > 4 ? 1f : 0f;
                float w5 = count > 5 ? 1f : 0f, w6 = count > 6 ? 1f : 0f, w7 = count > 7 ? 1f : 0f;
                float part = 1f / count;
                Octet here = (v0 + (v1 * w1) + (v2 * w2) + (v3 * w3) + (v4 * w4) + (v5 * w5) + (v6 * w6) + (v7 * w7)) * part;
                v0 -= here;
                v1 = (v1 - here) * w1;
                v2 = (v2 - here) * w2;
                v3 = (v3 - here) * w3;
                v4 = (v4 - here) * w4;
                v5 = (v5 - here) * w5;
                v6 = (v6 - here) * w6;
                v7 = (v7 - here) * w7;

                // What is left around the mean is what rounding took from it.
                Octet rest = v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7;
                Octet around = (v0 * v0) + (v1 * v1) + (v2 * v2) + (v3 * v3) + (v4 * v4) + (v5 * v5) + (v6 * v6) + (v7 * v7) - (rest * rest * part);

                // Joined with the blocks before (Chan et al. 1979).
                Octet off = here + (rest * part) - mean;
                float share = (float)count / (done + count);
                mean += off * share;
                squares += around + (off * off * (done * share));
            }

            Float32Format.StoreEight(slots, to + c, mean);
            Float32Format.StoreEight(slots, to + p.Pitch + c, squares);
        }
    }

    /// <summary>An item takes a channel of some slots of an image, or some channels, and joins the slots to one.</summary>
    [Kernel]
    public static void Fold(GroupNormParameters p, ArrayView<float> slots, ArrayView<float> joined)
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int fold = p.ByRuns.Divide(item);
        int image = p.ByFolds.Divide(fold);
        int first = (fold - (image * p.Folds)) * Folded;
        int start = (item - (fold * p.RunsPerSlot)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        for (int c = start; c < end; c++)
        {
            ChannelSums sums = Join(p, slots, image, first, Math.Min(p.Slots, first + Folded), c);
            joined[(fold * 2 * p.Pitch) + c] = (float)sums.Mean;
            joined[(((fold * 2) + 1) * p.Pitch) + c] = (float)sums.Squares;
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
        ChannelSums sums = Join(p, slots, image, 0, p.Slots, c);
        channels[(image * 2 * p.Channels) + c] = sums.Mean;
        channels[(((image * 2) + 1) * p.Channels) + c] = sums.Squares;
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

    private static ChannelSums Join(GroupNormParameters p, ArrayView<float> slots, int image, int first, int end, int c)
    {
        int start = (image * p.Slots * 2 * p.Pitch) + c;
        double sum = 0;
        for (int slot = first; slot < end; slot++)
        {
            sum += (double)slots[start + (slot * 2 * p.Pitch)] * Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens));
        }

        double mean = sum / (Math.Min(end * p.SlotTokens, p.Tokens) - (first * p.SlotTokens)), squares = 0;
        for (int slot = first; slot < end; slot++)
        {
            int at = start + (slot * 2 * p.Pitch);
            double off = slots[at] - mean;
            squares += slots[at + p.Pitch] + (off * off * Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens)));
        }

        return new ChannelSums { Mean = mean, Squares = squares };
    }
}

/// <summary>A channel's mean, and the sum of squares around it.</summary>
internal struct ChannelSums
{
    public double Mean;
    public double Squares;
}

/// <summary>The sizes of a step of a group norm, and what an item of it takes.</summary>
internal struct GroupNormParameters
{
    public double Epsilon;
    public int Images;
    public int Tokens;
    public int Channels;

    /// <summary>Channels rounded up to eights.</summary>
    public int Pitch;
    public int Groups;
    public int PerGroup;

    /// <summary>Slots of an image that the step writes, or reads.</summary>
    public int Slots;
    public int SlotTokens;

    /// <summary>Slots of an image that a fold writes.</summary>
    public int Folds;

    /// <summary>Items, each with so many channels.</summary>
    public int Items;
    public int Run;
    public int RunsPerSlot;
    public int FromStride;
    public int Way;
    public int ToStride;
    public Divisor ByRuns;
    public Divisor BySlots;
    public Divisor ByFolds;
    public Divisor ByChannels;
    public Divisor ByGroups;
}
