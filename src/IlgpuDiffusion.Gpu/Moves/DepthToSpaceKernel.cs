using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Channels laid out as squares of grid points. An item takes a grid point of the result.</summary>
internal static class DepthToSpaceKernel
{
    [Kernel(typeof(ushort))]
    [Kernel(typeof(uint))]
    public static void Run<T>(DepthToSpaceParameters p, ArrayView<T> from, ArrayView<T> to)
        where T : unmanaged
    {
        int point = WorkItem.Index;
        if (point >= p.Items)
        {
            return;
        }

        int line = p.ByWidth.Divide(point), x = point - (line * p.Width);
        int above = p.ByFactor.Divide(line), left = p.ByFactor.Divide(x);
        int inner = ((line - (above * p.Factor)) * p.Factor) + (x - (left * p.Factor));
        int source = (((above * p.ByFactor.Divide(p.Width)) + left) * p.FromStride) + (inner * p.Point);
        for (int c = 0; c < p.Channels; c++)
        {
            to[(point * p.ToStride) + c] = from[source + (c * p.Next)];
        }
    }
}

/// <summary>The squares and strides; how far apart a point's channels lie, and a square's points.</summary>
internal struct DepthToSpaceParameters
{
    public int Items;
    public int Channels;
    public int Factor;
    public int Width;
    public int FromStride;
    public int ToStride;
    public int Next;
    public int Point;
    public Divisor ByFactor;
    public Divisor ByWidth;
}
