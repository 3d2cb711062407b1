using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// C [M, N] = A [M, K] · W [N, K]ᵀ of 16-bit numbers, summed in 32 bits on tensor cores. A group makes 128 rows and 128 or 160 columns by four warps
/// of 64 rows or eight of 32; stages of 32 columns of K are copied two ahead, and what a warp multiplies next it reads while it multiplies. Groups along Y share K among them
/// (<see cref="GemmShape.Steps"/>), each with a result of its own, one behind another.
/// An element's sum runs over K in order, so its bits do not depend on M, N or the tile. Rows of A and W begin at multiples of 16 bytes.
/// </summary>
internal static class GemmKernel
{
    // Tiles are taken in bands of this many along M, so that groups that run together share what they read.
    private const int Band = 8;

    /// <summary>The product of matrices.</summary>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile64), typeof(Output16<BFloat16>))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile80), typeof(Output16<BFloat16>))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile64), typeof(Output16<Float16>))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile80), typeof(Output16<Float16>))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile64), typeof(Output32))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile64), typeof(Output32))]
    public static void Dense<T, TTile, TOutput>(GemmShape shape, ArrayView<U4> a, ArrayView<U4> w, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
        where TOutput : struct, IOutputFormat =>
        Run<T, TTile, TOutput, DenseRows>(shape, a, w, extras, result);

    /// <summary>A convolution: A's row of a result's pixel is what the kernel covers of the picture, tap after tap, W [O, kh, kw, I] likewise.</summary>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile64), typeof(Output16<BFloat16>), typeof(NoResize))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile64), typeof(Output16<BFloat16>), typeof(NearestResize))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile80), typeof(Output16<BFloat16>), typeof(NoResize))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile80), typeof(Output16<BFloat16>), typeof(NearestResize))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile64), typeof(Output16<Float16>), typeof(NoResize))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile64), typeof(Output16<Float16>), typeof(NearestResize))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile80), typeof(Output16<Float16>), typeof(NoResize))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile80), typeof(Output16<Float16>), typeof(NearestResize))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile64), typeof(Output32), typeof(NoResize))]
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(WarpTile64), typeof(Output32), typeof(NearestResize))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile64), typeof(Output32), typeof(NoResize))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(WarpTile64), typeof(Output32), typeof(NearestResize))]
    public static void Convolution<T, TTile, TOutput, TResize>(GemmShape shape, ArrayView<U4> picture, ArrayView<U4> w, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
        where TOutput : struct, IOutputFormat
        where TResize : struct, IResize =>
        Run<T, TTile, TOutput, PictureRows<TResize>>(shape, picture, w, extras, result);

    private static void Run<T, TTile, TOutput, TRows>(GemmShape shape, ArrayView<U4> a, ArrayView<U4> w, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
        where TOutput : struct, IOutputFormat
        where TRows : struct, IRowSource<TRows>
    {
        int columns = GemmTile.WarpsOfColumns * TTile.Columns, atOnce = GemmTile.RowsAtOnce(TTile.Rows);
        int stage = (GemmTile.Rows + columns) * GemmTile.Chunks;
        ArrayView<U4> shared = T.Shared();
        T.Start(shared);
        int item = Group.IdxX;

        // Columns of a gated product are half values, half gates: what stands in the tile's second half comes from W's second half.
        int gates = shape.Gated != 0 ? columns / 2 : columns;
        TilePlace tile = TilePlace.Of(shape);
        int chunk = item & (GemmTile.Chunks - 1);
        int row = item / GemmTile.Chunks;
        int place = GemmTile.Place(row, chunk);
        int all = (shape.K + GemmTile.Depth - 1) / GemmTile.Depth, own = shape.Steps > 0 ? shape.Steps : all, begin = Grid.IdxY * own;
        int from = (begin * GemmTile.Chunks) + chunk;
        TRows rows = TRows.Begin(shape, tile.Row + row, from, atOnce);
        WeightRows weights = WeightRows.Begin<TTile>(shape, tile.Column * gates, row, from, gates);
        int left = (shape.K - (from * 8)) * 2;

        int bytes = Math.Max(0, Math.Min(16, left));
        TRows.Copy<T>(shape, rows, bytes, a, shared, place, atOnce);
        WeightRows.Copy<T, TTile>(weights, bytes, w, shared, place + (GemmTile.Rows * GemmTile.Chunks));
        T.EndBatch(shared);
        rows = TRows.Next(shape, rows, atOnce);
        weights = WeightRows.Next<TTile>(weights);
        left -= 2 * GemmTile.Depth;
        bytes = Math.Max(0, Math.Min(16, left));
        TRows.Copy<T>(shape, rows, bytes, a, shared, stage + place, atOnce);
        WeightRows.Copy<T, TTile>(weights, bytes, w, shared, stage + place + (GemmTile.Rows * GemmTile.Chunks));
        T.EndBatch(shared);

        int lane = item & 31;
        int warp = item >> 5;
        int warpRow = WarpRow<TTile>(warp);
        int warpColumn = WarpColumn<TTile>(warp);
        int rowA = warpRow + (lane & 15);
        int rowB = warpColumn + (lane & 7) + ((lane >> 4) << 3);
        int a0 = GemmTile.Place(rowA, lane >> 4);
        int b0 = (GemmTile.Rows * GemmTile.Chunks) + GemmTile.Place(rowB, (lane >> 3) & 1);

        // Where the second half of a row's chunks lies.
        const int Second = 2;
        int reads = 0;
        T.AwaitAllButOne(shared);
        Group.Barrier();
        TTile sums = default;
        Fragments first = TTile.Load<T>(shared, a0, b0);
        for (int steps = Math.Min(own, all - begin); steps > 0; steps--)
        {
            int next = Following(reads, stage);
            int writes = Following(next, stage);
            Fragments second = TTile.Load<T>(shared, (reads + a0) ^ Second, (reads + b0) ^ Second);
            rows = TRows.Next(shape, rows, atOnce);
            weights = WeightRows.Next<TTile>(weights);
            left -= 2 * GemmTile.Depth;
            bytes = Math.Max(0, Math.Min(16, left));
            TRows.Copy<T>(shape, rows, bytes, a, shared, writes + place, atOnce);
            WeightRows.Copy<T, TTile>(weights, bytes, w, shared, writes + place + (GemmTile.Rows * GemmTile.Chunks));
            T.EndBatch(shared);
            sums = TTile.Add<T>(sums, first, shared, reads + b0);
            if (TTile.Streams)
            {
                sums = TTile.Add<T>(sums, second, shared, (reads + b0) ^ Second);
            }

            T.AwaitAllButOne(shared);
            Group.Barrier();
            first = TTile.Load<T>(shared, next + a0, next + b0);
            if (!TTile.Streams)
            {
                sums = TTile.Add<T>(sums, second, shared, 0);
            }

            reads = next;
        }

        T.AwaitAll(shared);

        // Computed anew, rather than kept through all of the loop.
        TilePlace again = TilePlace.Of(shape);
        int firstColumn = again.Column * (shape.Gated != 0 ? columns / 2 : columns);
        Half<T, TTile, TOutput>(shared, shape, sums, 0, columns, again.Row, firstColumn, extras, result);
        Half<T, TTile, TOutput>(shared, shape, sums, 1, columns, again.Row, firstColumn, extras, result);
    }

    // Where a warp's sums lie in the tile.
    private static int WarpRow<TTile>(int warp)
        where TTile : struct, IWarpTile<TTile> =>
        (warp & ((GemmTile.Rows / TTile.Rows) - 1)) * TTile.Rows;

    private static int WarpColumn<TTile>(int warp)
        where TTile : struct, IWarpTile<TTile> =>
        warp / (GemmTile.Rows / TTile.Rows) * TTile.Columns;

    // The stage behind one, the first behind the last.
    private static int Following(int at, int stage)
    {
        int next = at + stage, last = GemmTile.Stages * stage;
        return next - (last & ~DenseRows.Negative(next - last));
    }

    /// <summary>Where a group's tile lies.</summary>
    private struct TilePlace
    {
        /// <summary>Its first row.</summary>
        public int Row;

        /// <summary>Its number along N.</summary>
        public int Column;

        public static TilePlace Of(GemmShape shape)
        {
            int tile = Grid.IdxX;
            int band = tile / (Band * shape.TilesN);
            int inBand = tile - (band * Band * shape.TilesN);
            int bandRows = Math.Min(Band, shape.TilesM - (band * Band));
            int column = inBand / bandRows;
            return new() { Row = ((band * Band) + inBand - (column * bandRows)) * GemmTile.Rows, Column = column };
        }
    }

    // Half of the tile's rows to the result. No loop over the halves: ILGPU would compute all places of the sums in front of it and keep them.
    private static void Half<T, TTile, TOutput>(ArrayView<U4> shared, GemmShape shape, TTile sums, int half, int columns, int firstRow, int firstColumn, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
        where TOutput : struct, IOutputFormat
    {
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5;
        int stride = GemmTile.StagedColumns(columns) / 2;
        Group.Barrier();
        int warpRow = WarpRow<TTile>(warp) - (half * (GemmTile.Rows / 2));
        if (warpRow >= 0 && warpRow < GemmTile.Rows / 2)
        {
            TTile.Store(sums, shared.Cast<F2>(), ((warpRow + (lane >> 2)) * stride) + (WarpColumn<TTile>(warp) / 2) + (lane & 3), stride);
        }

        Group.Barrier();
        GemmEpilogue.Write<T, TOutput>(shared, shape, columns, GemmTile.Threads(TTile.Rows), firstRow + (half * (GemmTile.Rows / 2)), firstColumn, extras, result);
    }
}
