namespace IlgpuDiffusion.Sampling;

/// <summary>The visited training steps of the three spacings, from the last down (Lin et al. 2023, arXiv:2305.08891, table 2).</summary>
internal static class TimestepPlacing
{
    /// <summary><paramref name="count"/> steps below <paramref name="limit"/>; fractions stay, for the caller to round.</summary>
    /// <param name="limit">The number of training steps.</param>
    /// <param name="count">How many are visited.</param>
    /// <param name="one">The step where there is one only: numpy's first in ascending order, or the last where it is counted down.</param>
    public static double[] Linspace(int limit, int count, double one = 0) => [.. Enumerable.Range(0, count).Select(i => count == 1 ? one : i == count - 1 ? limit - 1 : i * ((limit - 1) / (double)(count - 1))).Reverse()];

    public static double[] Leading(int limit, int count, int offset)
    {
        int stride = limit / count;
        if (stride == 0)
        {
            throw new ArgumentException($"{count} steps do not fit into {limit} training steps with leading spacing; use fewer steps.");
        }

        double[] steps = [.. Enumerable.Range(0, count).Select(i => (double)((i * stride) + offset)).Reverse()];
        return steps[0] < limit ? steps : throw new ArgumentException($"steps_offset {offset} moves the first of {count} leading time steps beyond the {limit} training steps; use fewer steps.");
    }

    /// <summary>Counted down from <paramref name="limit"/> in strides of <paramref name="stride"/>.</summary>
    public static double[] Trailing(int limit, int count, double stride)
    {
        // numpy's arange steps by the difference of its first two values.
        double difference = limit - stride - limit;
        int available = (int)Math.Ceiling(-limit / difference);
        return [.. Enumerable.Range(0, Math.Min(available, count)).Select(i => Math.Round(limit + (i * difference)) - 1)];
    }
}
