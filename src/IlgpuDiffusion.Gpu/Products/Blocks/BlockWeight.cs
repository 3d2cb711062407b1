using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A row of the weight, as it is read for a column of a block.</summary>
internal struct BlockWeight
{
    private long _first;
    private int _end;

    /// <summary>The row of a block's column: of a gated product the block's second half are gates.</summary>
    public static BlockWeight Of(BlockShape s, int firstColumn, int column)
    {
        int gates = s.Product.Gated != 0 ? BlockTile.Size / 2 : BlockTile.Size;
        int output = firstColumn + (column < gates ? column : column - gates);
        int row = output + (column < gates ? 0 : s.Product.Columns);
        return new() { _first = (long)row * s.Product.WeightOutput, _end = output < s.Product.Columns ? s.K : 0 };
    }

    /// <summary>Four neighbouring numbers along K; zeros beyond the weight.</summary>
    public static F4 LoadFour<TElement, TQuads>(BlockShape s, BlockWeight row, ArrayView<TElement> weight, int k)
        where TElement : unmanaged
        where TQuads : struct, IQuads<TElement>
    {
        F4 four = default;
        if (s.FoursOfWeight != 0)
        {
            if (k < row._end)
            {
                four = TQuads.LoadFour(weight, row._first + k);
            }
        }
        else
        {
            four.X = Load<TElement, TQuads>(s, row, weight, k);
            four.Y = Load<TElement, TQuads>(s, row, weight, k + 1);
            four.Z = Load<TElement, TQuads>(s, row, weight, k + 2);
            four.W = Load<TElement, TQuads>(s, row, weight, k + 3);
        }

        return four;
    }

    private static float Load<TElement, TQuads>(BlockShape s, BlockWeight row, ArrayView<TElement> weight, int k)
        where TElement : unmanaged
        where TQuads : struct, IQuads<TElement>
    {
        int tap = s.Inputs.Divide(k);
        float number = 0f;
        if (k < row._end)
        {
            number = TQuads.Load(weight, row._first + ((long)tap * s.Product.WeightTap) + ((long)(k - (tap * s.Product.Inputs)) * s.Product.WeightInput));
        }

        return number;
    }
}
