using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>Rows of numbers in another element type. An item takes some rows, or a run of one.</summary>
internal static class CastKernel
{
    [Kernel(typeof(SingleElement), typeof(float), typeof(SingleElement), typeof(float))]
    [Kernel(typeof(SingleElement), typeof(float), typeof(HalfElement), typeof(ushort))]
    [Kernel(typeof(SingleElement), typeof(float), typeof(BrainElement), typeof(ushort))]
    [Kernel(typeof(HalfElement), typeof(ushort), typeof(SingleElement), typeof(float))]
    [Kernel(typeof(HalfElement), typeof(ushort), typeof(HalfElement), typeof(ushort))]
    [Kernel(typeof(HalfElement), typeof(ushort), typeof(BrainElement), typeof(ushort))]
    [Kernel(typeof(BrainElement), typeof(ushort), typeof(SingleElement), typeof(float))]
    [Kernel(typeof(BrainElement), typeof(ushort), typeof(HalfElement), typeof(ushort))]
    [Kernel(typeof(BrainElement), typeof(ushort), typeof(BrainElement), typeof(ushort))]
    [Kernel(typeof(DoubleElement), typeof(double), typeof(SingleElement), typeof(float))]
    [Kernel(typeof(DoubleElement), typeof(double), typeof(HalfElement), typeof(ushort))]
    [Kernel(typeof(DoubleElement), typeof(double), typeof(BrainElement), typeof(ushort))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(SingleElement), typeof(float))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(HalfElement), typeof(ushort))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(BrainElement), typeof(ushort))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(SingleElement), typeof(float))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(HalfElement), typeof(ushort))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(BrainElement), typeof(ushort))]
    public static void Run<TFrom, TFromElement, TTo, TToElement>(RowCopyParameters p, ArrayView<TFromElement> from, ArrayView<TToElement> to)
        where TFrom : struct, IWeightElement<TFromElement>
        where TFromElement : unmanaged
        where TTo : struct, IStoredElement<TToElement>
        where TToElement : unmanaged
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
                to[(row * p.To) + i] = TTo.Narrow(TFrom.Widen(from[(row * p.From) + i]));
            }
        }
    }
}
