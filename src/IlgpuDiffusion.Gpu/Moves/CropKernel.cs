using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A rectangle of a grid, whatever its elements are. An item takes a grid point of the result, or a run of its channels.</summary>
internal static class CropKernel
{
    [Kernel(typeof(byte))]
    [Kernel(typeof(ushort))]
    [Kernel(typeof(uint))]
    [Kernel(typeof(ulong))]
    [Kernel(typeof(U4))]
    public static void Run<T>(CropParameters p, ArrayView<T> from, ArrayView<T> to)
        where T : unmanaged
    {
        int item = WorkItem.Index;
        if (item >= p.Walk.Items)
        {
            return;
        }

        GridRun at = p.Walk.At(item);
        int source = ((((at.Image * p.FromHeight) + p.Top + at.Row) * p.FromWidth) + p.Left + at.Column) * p.FromStride;
        for (int c = at.Start; c < at.End; c++)
        {
            to[(at.Point * p.ToStride) + c] = from[source + c];
        }
    }
}

/// <summary>The rectangle, the grids, their strides, and what an item takes.</summary>
internal struct CropParameters
{
    public GridWalk Walk;
    public int FromHeight;
    public int FromWidth;
    public int FromStride;
    public int Top;
    public int Left;
    public int ToStride;
}
