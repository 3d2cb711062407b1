using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>Rows of numbers in another element type. An item takes some rows, or a run of one.</summary>
internal static class CastKernel
{
    [Kernel(typeof(SingleElement), typeof(float), typeof(ToSingle), typeof(float))]
    [Kernel(typeof(SingleElement), typeof(float), typeof(ToHalf), typeof(ushort))]
    [Kernel(typeof(SingleElement), typeof(float), typeof(ToBrain), typeof(ushort))]
    [Kernel(typeof(HalfElement), typeof(ushort), typeof(ToSingle), typeof(float))]
    [Kernel(typeof(HalfElement), typeof(ushort), typeof(ToHalf), typeof(ushort))]
    [Kernel(typeof(HalfElement), typeof(ushort), typeof(ToBrain), typeof(ushort))]
    [Kernel(typeof(BrainElement), typeof(ushort), typeof(ToSingle), typeof(float))]
    [Kernel(typeof(BrainElement), typeof(ushort), typeof(ToHalf), typeof(ushort))]
    [Kernel(typeof(BrainElement), typeof(ushort), typeof(ToBrain), typeof(ushort))]
    [Kernel(typeof(DoubleElement), typeof(double), typeof(ToSingle), typeof(float))]
    [Kernel(typeof(DoubleElement), typeof(double), typeof(ToHalf), typeof(ushort))]
    [Kernel(typeof(DoubleElement), typeof(double), typeof(ToBrain), typeof(ushort))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(ToSingle), typeof(float))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(ToHalf), typeof(ushort))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(ToBrain), typeof(ushort))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(ToSingle), typeof(float))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(ToHalf), typeof(ushort))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(ToBrain), typeof(ushort))]
    public static void Run<TFrom, TFromElement, TTo, TToElement>(RowCopyParameters p, ArrayView<TFromElement> from, ArrayView<TToElement> to)
        where TFrom : struct, IWeightElement<TFromElement>
        where TFromElement : unmanaged
        where TTo : struct, INarrowElement<TToElement>
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
