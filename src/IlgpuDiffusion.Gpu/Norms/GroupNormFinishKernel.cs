using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The last step of a group norm's statistics where items of a group can meet: a group of items joins all slots of all channels of a norm's group. Who adds what depends on an image's shape alone.</summary>
internal static class GroupNormFinishKernel
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Groups that a multiprocessor is to hold.</summary>
    public const int GroupsPerProcessor = 8;

    /// <summary>Slots that are joined at once at most.</summary>
    public const int Slots = 256;

    private const int Strip = 16;

    /// <summary>Groups are the norm's groups of all images.</summary>
    [Kernel]
    public static void Run(GroupNormParameters p, ArrayView<float> slots, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y)
    {
        ArrayView<double> sums = SharedMemory.Allocate<double>(Threads);
        int image = p.ByGroups.Divide(Grid.IdxX), first = (Grid.IdxX - (image * p.Groups)) * p.PerGroup, item = Group.IdxX;
        int start = (image * p.Slots * 2 * p.Pitch) + first, count = p.Slots * p.PerGroup;
        double elements = (double)p.Tokens * p.PerGroup, sum = 0;
        for (int i = item; i < count; i += Threads)
        {
            int slot = p.ByPerGroup.Divide(i);
            sum += (double)slots[At(p, start, slot, i)] * Tokens(p, slot);
        }

        double mean = OfGroup(sums, item, sum) / elements, squares = 0;
        for (int i = item; i < count; i += Threads)
        {
            int slot = p.ByPerGroup.Divide(i), at = At(p, start, slot, i);
            double off = slots[at] - mean;
            squares += slots[at + p.Pitch] + (off * off * Tokens(p, slot));
        }

        double factor = 1 / Math.Sqrt((OfGroup(sums, item, squares) / elements) + p.Epsilon);
        for (int i = item; i < p.PerGroup; i += Threads)
        {
            int c = first + i;
            double scale = gamma[c] * factor;
            y[(image * p.ToStride) + c] = (float)scale;
            y[(image * p.ToStride) + p.Channels + c] = (float)(beta[c] - (mean * scale));
        }
    }

    private static int At(GroupNormParameters p, int start, int slot, int i) => start + (slot * 2 * p.Pitch) + (i - (slot * p.PerGroup));

    private static int Tokens(GroupNormParameters p, int slot) => Math.Min(p.SlotTokens, p.Tokens - (slot * p.SlotTokens));

    // The sum over the group's items, which all get.
    private static double OfGroup(ArrayView<double> sums, int item, double own)
    {
        Group.Barrier();
        sums[item] = own;
        Group.Barrier();
        double sum = 0;
        if (item < Threads / Strip)
        {
            for (int i = 0; i < Strip; i++)
            {
                sum += sums[(item * Strip) + i];
            }
        }

        Group.Barrier();
        if (item < Threads / Strip)
        {
            sums[item] = sum;
        }

        Group.Barrier();
        sum = 0;
        for (int i = 0; i < Threads / Strip; i++)
        {
            sum += sums[i];
        }

        return sum;
    }
}
