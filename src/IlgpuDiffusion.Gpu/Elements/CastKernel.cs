using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Rows of numbers in another element type. An item takes some rows, or a run of one.</summary>
internal static class CastKernel
{
    [Kernel(typeof(Float32Format), typeof(float), typeof(Float32Format), typeof(float))]
    [Kernel(typeof(Float32Format), typeof(float), typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(Float32Format), typeof(float), typeof(BFloat16Format), typeof(ushort))]
    [Kernel(typeof(Float16Format), typeof(ushort), typeof(Float32Format), typeof(float))]
    [Kernel(typeof(Float16Format), typeof(ushort), typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(Float16Format), typeof(ushort), typeof(BFloat16Format), typeof(ushort))]
    [Kernel(typeof(BFloat16Format), typeof(ushort), typeof(Float32Format), typeof(float))]
    [Kernel(typeof(BFloat16Format), typeof(ushort), typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(BFloat16Format), typeof(ushort), typeof(BFloat16Format), typeof(ushort))]
    [Kernel(typeof(Float64Format), typeof(double), typeof(Float32Format), typeof(float))]
    [Kernel(typeof(Float64Format), typeof(double), typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(Float64Format), typeof(double), typeof(BFloat16Format), typeof(ushort))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(Float32Format), typeof(float))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(E4M3Element), typeof(byte), typeof(BFloat16Format), typeof(ushort))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(Float32Format), typeof(float))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(Float16Format), typeof(ushort))]
    [Kernel(typeof(E5M2Element), typeof(byte), typeof(BFloat16Format), typeof(ushort))]
    public static void Run<TFrom, TFromElement, TTo, TToElement>(RowCopyParameters p, ArrayView<TFromElement> from, ArrayView<TToElement> to)
        where TFrom : struct, IWeightFormat<TFromElement>
        where TFromElement : unmanaged
        where TTo : struct, IElementFormat<TToElement>
        where TToElement : unmanaged
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
                to[(row * p.To) + i] = TTo.Narrow(TFrom.Widen(from[(row * p.From) + i]));
            }
        }
    }
}
