using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Parts of rows over their root mean square. An item takes some parts, each twice: its squares in eight sums, then its scaling.</summary>
internal static class RmsNormKernel
{
    [Kernel(EveryFormat = true)]
    public static void Run<TElement, TFormat>(RmsNormParameters p, ArrayView<TElement> x, ArrayView<float> gamma, ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int first = WorkItem.Index * p.PerItem;
        int end = Math.Min(p.Parts, first + p.PerItem);
        for (int i = first; i < end; i++)
        {
            int row = p.ByHeads.Divide(i), start = (i - (row * p.Heads)) * p.Channels;
            int from = (row * p.FromStride) + start, to = (row * p.ToStride) + start;
            Octet sums = default;
            int c = 0;
            for (; c + Octets.Size <= p.Channels; c += Octets.Size)
            {
                Octet eight = Octets.Load<TElement, TFormat>(x, from, c, Octets.Size - 1, p.FromWay);
                sums += eight * eight;
            }

            float squares = ((sums.A + sums.B) + (sums.C + sums.D)) + ((sums.E + sums.F) + (sums.G + sums.H));
            for (; c < p.Channels; c++)
            {
                float value = TFormat.Widen(x[from + c]);
                squares += value * value;
            }

            float scale = 1 / MathF.Sqrt((squares * p.OneByChannels) + p.Epsilon);
            for (c = 0; c < p.Channels; c += Octets.Size)
            {
                int last = Math.Min(p.Channels - c, Octets.Size) - 1;
                Octet eight = Octets.Load<TElement, TFormat>(x, from, c, last, p.FromWay) * scale;
                Octets.Store<TElement, TFormat>(y, to + c, last, p.ToWay, eight * Octets.Load<float, Float32Format>(gamma, 0, c, last, p.TableWay));
            }
        }
    }
}

/// <summary>The parts, where they lie and how eights are read and written.</summary>
internal struct RmsNormParameters
{
    public int Parts;
    public int PerItem;
    public int Heads;
    public int Channels;

    /// <summary>1 / channels of a part.</summary>
    public float OneByChannels;
    public float Epsilon;
    public int FromStride;
    public int FromWay;
    public int ToStride;
    public int ToWay;
    public int TableWay;
    public Divisor ByHeads;
}
