using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Nearest-neighbour resize of [B, h, w, C], whatever its elements are. An item takes a grid point of the result, or a run of its channels.</summary>
internal static class UpsampleKernel
{
    [Kernel(typeof(ushort))]
    [Kernel(typeof(uint))]
    [Kernel(typeof(ulong))]
    [Kernel(typeof(U4))]
    public static void Run<T>(UpsampleParameters p, ArrayView<T> from, ArrayView<T> to)
        where T : unmanaged
    {
        int item = WorkItem.Index;
        if (item >= p.Walk.Items)
        {
            return;
        }

        GridRun at = p.Walk.At(item);
        int y = p.Walk.ByHeight.Divide(at.Row * p.FromHeight);
        int x = p.Walk.ByWidth.Divide(at.Column * p.FromWidth);
        int source = ((((at.Image * p.FromHeight) + y) * p.FromWidth) + x) * p.FromStride;
        for (int c = at.Start; c < at.End; c++)
        {
            to[(at.Point * p.ToStride) + c] = from[source + c];
        }
    }
}

/// <summary>The grids of a resize, its strides, and what an item takes.</summary>
internal struct UpsampleParameters
{
    public GridWalk Walk;
    public int FromHeight;
    public int FromWidth;
    public int FromStride;
    public int ToStride;
}
