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
        if (item >= p.Runs.Items)
        {
            return;
        }

        LineRun run = p.Runs.At(item);
        for (int row = run.First; row < run.Until; row++)
        {
            for (int i = run.Start; i < run.End; i++)
            {
                to[(row * p.To) + i] = from[(row * p.From) + i];
            }
        }
    }
}

/// <summary>The rows, and their strides.</summary>
internal struct RowCopyParameters
{
    public LineRuns Runs;
    public int From;
    public int To;
}
