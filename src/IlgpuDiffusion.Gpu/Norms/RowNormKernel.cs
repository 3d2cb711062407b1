using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Norms of rows that items hold in registers: read once, written once. Up to 32 items of a warp have a row, of wide rows two or four warps; of a row's eights
/// item i of n holds numbers i, i + n and so on (<see cref="HeldRow"/>). Sums are taken eight by eight, then over the item's, then over a warp's items by halves, then
/// over the warps in order, so their order depends on the channels alone.
/// </summary>
internal static class RowNormKernel
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Groups that a multiprocessor is to hold.</summary>
    public const int GroupsPerProcessor = 4;

    /// <summary>Channels of a row at most.</summary>
    public const int Channels = HeldRow.Most * Threads * Octets.Size;

    private const int Warp = 32;
    private const int Warps = Threads / Warp;

    /// <summary>How many items hold a row of so many eights, as a power of two: one an eight, up to a warp, and more where a warp has no room for it.</summary>
    public static int ItemBits(int eights)
    {
        int bits = 0;
        while (1 << bits < ((1 << bits) < Warp ? eights : (eights + HeldRow.Most - 1) / HeldRow.Most))
        {
            bits++;
        }

        return bits;
    }

    /// <summary>As many rows a group as its items hold. Channels are a multiple of eight; β of a norm that has none is not read.</summary>
    [Kernel(typeof(LayerRows), EveryFormat = true)]
    [Kernel(typeof(SquareRows), EveryFormat = true)]
    public static void Run<TNorm, TElement, TFormat>(RowNormShape p, ArrayView<TElement> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<TElement> y)
        where TNorm : struct, IRowNorm
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(3 * Warps);

        // Items without a row of their own, or an eighth of it, read another's and write nothing: all of a warp take part in its sums.
        int item = Group.IdxX & (p.Items - 1), wanted = (Grid.IdxX * (Threads >> p.ItemBits)) + (Group.IdxX >> p.ItemBits);
        int row = Math.Min(wanted, p.Rows - 1), own = wanted == row ? p.Eights : 0;
        int line = p.ByParts.Divide(row), part = (row - (line * p.Parts)) * p.Eights * Octets.Size;
        HeldRow held = HeldRow.Load<TElement, TFormat>(p, x, (line * p.FromStride) + part, item);
        float left = 0, squares;
        if (TNorm.HasMean)
        {
            held = HeldRow.Minus(held, OfRow(p, sums, 0, HeldRow.Sum(p, held, item)) * p.OneByChannels);

            // What is left around the mean is what rounding took from it.
            float rest = OfRow(p, sums, 1, HeldRow.Sum(p, held, item));
            left = rest * p.OneByChannels;
            squares = OfRow(p, sums, 2, HeldRow.Squares(p, held, item)) - (rest * left);
        }
        else
        {
            squares = OfRow(p, sums, 2, HeldRow.Squares(p, held, item));
        }

        float scale = 1 / MathF.Sqrt((squares * p.OneByChannels) + p.Epsilon);
        int table = p.ByTableRows.Divide(row);
        RowScale<TNorm> by = new() { Left = left, Scale = scale, Gamma = table * p.GammaStride, Beta = table * p.BetaStride };
        HeldRow.Store<TNorm, TElement, TFormat>(p, held, item, own, by, gamma, beta, y, (line * p.ToStride) + part);
    }

    // Warps of a row meet for each of its sums; the sums have places of their own, so that once is enough.
    private static float OfRow(RowNormShape p, ArrayView<float> sums, int number, float sum)
    {
        for (int items = Math.Min(p.Items, Warp) / 2; items > 0; items >>= 1)
        {
            sum += ILGPU.Warp.ShuffleXor(sum, items);
        }

        int warps = p.Items / Warp;
        if (warps > 1)
        {
            int warp = Group.IdxX / Warp, first = (number * Warps) + (warp & -warps);
            if ((Group.IdxX & (Warp - 1)) == 0)
            {
                sums[(number * Warps) + warp] = sum;
            }

            Group.Barrier();
            sum = sums[first] + sums[first + 1];
            if (warps > 2)
            {
                sum += sums[first + 2] + sums[first + 3];
            }
        }

        return sum;
    }
}

/// <summary>Which norm of rows.</summary>
internal interface IRowNorm
{
    /// <summary>Whether the mean is taken from them, and a summand added.</summary>
    static abstract bool HasMean { get; }
}

/// <summary>Layer norms: (x − mean) / √(var + ε) · γ + β.</summary>
internal struct LayerRows : IRowNorm
{
    public static bool HasMean => true;
}

/// <summary>Norms by the root mean square: x / √(mean(x²) + ε) · γ.</summary>
internal struct SquareRows : IRowNorm
{
    public static bool HasMean => false;
}

/// <summary>The rows, where they lie and how eights are read and written.</summary>
internal struct RowNormShape
{
    public int Rows;

    /// <summary>Eights of a row.</summary>
    public int Eights;

    /// <summary>The items that hold a row, as a power of two.</summary>
    public int ItemBits;

    /// <summary>1 / channels.</summary>
    public float OneByChannels;
    public float Epsilon;

    /// <summary>Rows that lie behind one another in a line.</summary>
    public int Parts;
    public int FromStride;
    public int FromWay;
    public int ToStride;
    public int ToWay;

    /// <summary>How γ and β are read.</summary>
    public int TableWay;

    /// <summary>From one γ to the next.</summary>
    public int GammaStride;

    /// <summary>From one β to the next.</summary>
    public int BetaStride;

    /// <summary>Rows that share γ and β.</summary>
    public Divisor ByTableRows;
    public Divisor ByParts;

    /// <summary>Items that hold a row.</summary>
    public readonly int Items => 1 << ItemBits;
}
