namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Lays values whose lives are known into one block so that no two that live at once overlap.</summary>
internal static class MemoryPlanner
{
    /// <summary>The alignment of every value: a cache line.</summary>
    public const long Alignment = 64;

    /// <summary>A value's size in bytes and the first and last step of its life.</summary>
    public readonly record struct Life(long Bytes, int First, int Last);

    /// <summary>Rounds up to the alignment.</summary>
    public static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>The offset of each value and the size of the block: largest first, each at the lowest place that is free during its life.</summary>
    /// <param name="lives">The values.</param>
    /// <param name="guard">Bytes kept free before and after each.</param>
    public static (long[] Offsets, long Bytes) Plan(IReadOnlyList<Life> lives, long guard)
    {
        long[] offsets = new long[lives.Count];
        long total = 0;
        List<(long Start, long End, Life Life)> placed = [];
        foreach (int i in Enumerable.Range(0, lives.Count).OrderByDescending(i => lives[i].Bytes))
        {
            Life life = lives[i];
            long size = Align(life.Bytes) + 2 * Align(guard);
            long start = 0;
            foreach ((long from, long to, Life other) in placed)
            {
                // Kept sorted by start: the first gap that is large enough wins.
                if (other.First <= life.Last && life.First <= other.Last && to > start)
                {
                    if (from >= start + size)
                    {
                        break;
                    }

                    start = to;
                }
            }

            int at = placed.FindIndex(p => p.Start > start);
            placed.Insert(at < 0 ? placed.Count : at, (start, start + size, life));
            offsets[i] = start + Align(guard);
            total = Math.Max(total, start + size);
        }

        return (offsets, total);
    }
}
