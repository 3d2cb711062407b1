using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Pairs of channels turned by the angles of their grid point. An item takes some heads of grid points.</summary>
internal static class RotaryKernel
{
    [Kernel(EveryFormat = true)]
    public static void Run<TElement, TFormat>(RotaryParameters p, ArrayView<TElement> x, ArrayView<float> table, ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int first = WorkItem.Index * p.PerItem;
        int end = Math.Min(p.Parts, first + p.PerItem);
        for (int part = first; part < end; part++)
        {
            int row = p.ByHeads.Divide(part), start = (part - (row * p.Heads)) * p.Channels;
            int from = (row * p.FromStride) + start, to = (row * p.ToStride) + start;
            int angles = (row - (p.ByTokens.Divide(row) * p.Tokens)) * p.TableStride;
            for (int c = 0; c < p.Still; c++)
            {
                y[to + c] = x[from + c];
            }

            for (int c = p.Still; c < p.Channels; c += 2)
            {
                float even = TFormat.Widen(x[from + c]), odd = TFormat.Widen(x[from + c + 1]);
                float cosine = table[angles + c - p.Still], sine = table[angles + c + 1 - p.Still];
                y[to + c] = TFormat.Narrow((even * cosine) - (odd * sine));
                y[to + c + 1] = TFormat.Narrow((odd * cosine) + (even * sine));
            }
        }
    }
}

/// <summary>The heads of grid points, the channels of each that stay as they are in front of those that are turned, and strides.</summary>
internal struct RotaryParameters
{
    public int Parts;
    public int PerItem;
    public int Heads;
    public int Tokens;
    public int Channels;
    public int Still;
    public int FromStride;
    public int TableStride;
    public int ToStride;
    public Divisor ByHeads;
    public Divisor ByTokens;
}
