using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Rows of elements of one size, from one stride to another. An item takes some rows, or a run of one.</summary>
internal static class RowCopyKernel
{
    [Kernel(typeof(byte))]
    [Kernel(typeof(ushort))]
    [Kernel(typeof(uint))]
    [Kernel(typeof(ulong))]
    [Kernel(typeof(U4))]
    public static void Run<T>(RowCopyParameters p, ArrayView<T> from, ArrayView<T> to)
        where T : unmanaged
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int rows = p.ByRuns.Divide(item);
        int start = (item - (rows * p.RunsPerRow)) * p.Run;
        int end = Math.Min(p.Count, start + p.Run);
        int last = Math.Min(p.Rows, (rows + 1) * p.RowsPerItem);
        for (int row = rows * p.RowsPerItem; row < last; row++)
        {
            for (int i = start; i < end; i++)
            {
                to[(row * p.To) + i] = from[(row * p.From) + i];
            }
        }
    }
}

/// <summary>How many rows of how many elements, their strides, and what an item takes.</summary>
internal struct RowCopyParameters
{
    public int Items;
    public int Rows;
    public int Count;
    public int From;
    public int To;
    public int RowsPerItem;
    public int Run;
    public int RunsPerRow;
    public Divisor ByRuns;

    public static RowCopyParameters Of(int rows, int count, int from, int to, int grain)
    {
        int run = Math.Min(count, grain), runs = (count + run - 1) / run, perItem = Math.Max(1, grain / count);
        return new RowCopyParameters
        {
            Items = checked((rows + perItem - 1) / perItem * runs),
            Rows = rows,
            Count = count,
            From = from,
            To = to,
            RowsPerItem = perItem,
            Run = run,
            RunsPerRow = runs,
            ByRuns = Divisor.Of(runs),
        };
    }
}
