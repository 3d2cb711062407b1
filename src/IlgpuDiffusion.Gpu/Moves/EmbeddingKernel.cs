using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Rows of a table by their numbers. An item takes a run of a row.</summary>
internal static class EmbeddingKernel
{
    [Kernel(typeof(Float32Format), typeof(float))]
    [Kernel(typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(BFloat16Format), typeof(ushort))]
    [Kernel(typeof(Float64Format), typeof(double))]
    [Kernel(typeof(E4M3Element), typeof(byte))]
    [Kernel(typeof(E5M2Element), typeof(byte))]
    public static void Run<TFrom, TElement>(EmbeddingParameters p, ArrayView<TElement> table, ArrayView<int> ids, ArrayView<float> y)
        where TFrom : struct, IWeightFormat<TElement>
        where TElement : unmanaged
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int row = p.ByRuns.Divide(item);
        int start = (item - (row * p.RunsPerRow)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        long source = (long)ids[row * p.IdStride] * p.TableStride;
        for (int c = start; c < end; c++)
        {
            y[(row * p.ToStride) + c] = TFrom.Widen(table[source + c]);
        }
    }
}

/// <summary>The strides of a table, its numbers and the result, and what an item takes.</summary>
internal struct EmbeddingParameters
{
    public int Items;
    public int Channels;
    public int Run;
    public int RunsPerRow;
    public int TableStride;
    public int IdStride;
    public int ToStride;
    public Divisor ByRuns;
}
