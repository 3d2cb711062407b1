using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// The matrix product and convolution in single precision: a group makes 128×128 results, an item 8×8 of them. Eight numbers of K lie in one of
/// two buffers of shared memory while the next eight are on their way. A result's sum runs over K in order, so its bits do not depend on the
/// number of pixels.
/// </summary>
internal static class BlockProductKernel
{
    /// <summary>Operands that are not there are any view.</summary>
    /// <param name="s">The sizes.</param>
    /// <param name="x">The input.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="bias">Per output.</param>
    /// <param name="rowBias">Per image and output.</param>
    /// <param name="residual">Added last.</param>
    /// <param name="y">The result.</param>
    [Kernel(typeof(PlainUnits), typeof(float), typeof(SingleQuads))]
    [Kernel(typeof(PlainUnits), typeof(ushort), typeof(ShortQuads<Float16Format>))]
    [Kernel(typeof(PlainUnits), typeof(ushort), typeof(ShortQuads<BFloat16Format>))]
    public static void Run<TUnits, TElement, TQuads>(
        BlockShape s, ArrayView<float> x, ArrayView<TElement> weight, ArrayView<float> bias, ArrayView<float> rowBias, ArrayView<float> residual, ArrayView<float> y)
        where TUnits : struct, IUnits
        where TElement : unmanaged
        where TQuads : struct, IQuads<TElement>
    {
        ArrayView<F4> shared = TUnits.Shared();
        ArrayView<float> numbers = shared.Cast<float>();
        int item = Group.IdxX;
        int blockRow = Grid.IdxX / s.Blocks;
        int firstRow = blockRow * BlockTile.Size;
        int firstColumn = (Grid.IdxX - (blockRow * s.Blocks)) * (s.Product.Gated != 0 ? BlockTile.Size / 2 : BlockTile.Size);

        // An item brings four numbers of a row of both operands.
        int row = item >> 1;
        int k = 4 * (item & 1);
        int place = (k * BlockTile.Line * 4) + row;
        BlockPixel pixel = BlockPixel.Of(s, firstRow + row);
        BlockWeight output = BlockWeight.Of(s, firstColumn, row);
        int rows = item >> 4;
        int columns = BlockTile.Operand + (item & 15);
        Put(numbers, place, BlockPixel.LoadFour(s, pixel, x, k));
        Put(numbers, place + (4 * BlockTile.Operand), BlockWeight.LoadFour<TElement, TQuads>(s, output, weight, k));
        Group.Barrier();
        BlockTile sums = default;
        int steps = (s.K + BlockTile.Depth - 1) / BlockTile.Depth;
        int buffer = 0;
        for (int step = 0; step < steps; step++)
        {
            k += BlockTile.Depth;
            F4 a = BlockPixel.LoadFour(s, pixel, x, k);
            F4 b = BlockWeight.LoadFour<TElement, TQuads>(s, output, weight, k);
            sums = BlockTile.Add<TUnits>(sums, shared, buffer + rows, buffer + columns);
            buffer = (2 * BlockTile.Operand) - buffer;
            Put(numbers, (4 * buffer) + place, a);
            Put(numbers, (4 * buffer) + place + (4 * BlockTile.Operand), b);
            Group.Barrier();
        }

        // 32 rows at a time pass through shared memory: the first or last four of half of the items.
        for (int part = 0; part < 4; part++)
        {
            int half = part >> 1;
            int mine = rows - (8 * (part & 1));
            if (mine >= 0 && mine < 8)
            {
                BlockTile.Store(sums, half, shared, (4 * mine * BlockTile.Line) + (item & 15));
            }

            Group.Barrier();
            BlockEpilogue.Write(s.Product, numbers, firstRow + (32 * part), firstColumn, bias, rowBias, residual, y);
            Group.Barrier();
        }
    }

    private static void Put(ArrayView<float> numbers, int place, F4 four)
    {
        numbers[place] = four.X;
        numbers[place + (4 * BlockTile.Line)] = four.Y;
        numbers[place + (8 * BlockTile.Line)] = four.Z;
        numbers[place + (12 * BlockTile.Line)] = four.W;
    }
}
