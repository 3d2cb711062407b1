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
        if (item >= p.Items)
        {
            return;
        }

        int point = p.ByRuns.Divide(item);
        int start = (item - (point * p.RunsPerPoint)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        int rest = p.ByWidth.Divide(point);
        int column = point - (rest * p.Width);
        int image = p.ByHeight.Divide(rest);
        int row = rest - (image * p.Height);
        int source = ((((image * p.FromHeight) + p.Top + row) * p.FromWidth) + p.Left + column) * p.FromStride;
        for (int c = start; c < end; c++)
        {
            to[(point * p.ToStride) + c] = from[source + c];
        }
    }
}

/// <summary>The rectangle, the grids, their strides, and what an item takes.</summary>
internal struct CropParameters
{
    public int Items;
    public int Channels;
    public int Run;
    public int RunsPerPoint;
    public int FromHeight;
    public int FromWidth;
    public int FromStride;
    public int Top;
    public int Left;
    public int Height;
    public int Width;
    public int ToStride;
    public Divisor ByRuns;
    public Divisor ByHeight;
    public Divisor ByWidth;
}
