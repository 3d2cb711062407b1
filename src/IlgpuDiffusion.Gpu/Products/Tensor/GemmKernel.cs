using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// C [M, N] = A [M, K] · W [N, K]ᵀ of 16-bit numbers, summed in 32 bits on tensor cores. A group makes 128 rows and 128 or 160 columns by four warps
/// of 64 rows; stages of 32 columns of K are copied two ahead, and what a warp multiplies next it reads while it multiplies.
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
        int columns = 2 * TTile.Columns;
        int stage = (GemmTile.Rows + columns) * GemmTile.Chunks;
        ArrayView<U4> shared = T.Shared();
        T.Start(shared);
        int item = Group.IdxX;
        int tile = Grid.IdxX;
        int band = tile / (Band * shape.TilesN);
        int inBand = tile - (band * Band * shape.TilesN);
        int bandRows = Math.Min(Band, shape.TilesM - (band * Band));
        int tileN = inBand / bandRows;
        int firstRow = ((band * Band) + inBand - (tileN * bandRows)) * GemmTile.Rows;

        // Columns of a gated product are half values, half gates: what stands in the tile's second half comes from W's second half.
        int gates = shape.Gated != 0 ? columns / 2 : columns;
        int firstColumn = tileN * gates;
        int chunk = item & (GemmTile.Chunks - 1);
        int row = item / GemmTile.Chunks;
        int place = GemmTile.Place(row, chunk);
        TRows rows = TRows.Begin(shape, firstRow + row, chunk);
        WeightRows weights = WeightRows.Begin(shape, firstColumn, row, chunk, gates);
        int left = (shape.K - (chunk * 8)) * 2;

        int bytes = Math.Max(0, Math.Min(16, left));
        TRows.Copy<T>(shape, rows, bytes, a, shared, place);
        WeightRows.Copy<T, TTile>(weights, bytes, w, shared, place + (GemmTile.Rows * GemmTile.Chunks));
        T.EndBatch(shared);
        rows = TRows.Next(shape, rows);
        weights = WeightRows.Next(weights);
        left -= 2 * GemmTile.Depth;
        bytes = Math.Max(0, Math.Min(16, left));
        TRows.Copy<T>(shape, rows, bytes, a, shared, stage + place);
        WeightRows.Copy<T, TTile>(weights, bytes, w, shared, stage + place + (GemmTile.Rows * GemmTile.Chunks));
        T.EndBatch(shared);

        int lane = item & 31;
        int warp = item >> 5;
        int warpRow = (warp & 1) * 64;
        int warpColumn = (warp >> 1) * TTile.Columns;
        int rowA = warpRow + (lane & 15);
        int rowB = warpColumn + (lane & 7) + ((lane >> 4) << 3);
        int a0 = GemmTile.Place(rowA, lane >> 4);
        int a1 = GemmTile.Place(rowA, (lane >> 4) + 2);
        int b0 = (GemmTile.Rows * GemmTile.Chunks) + GemmTile.Place(rowB, (lane >> 3) & 1);
        int b1 = (GemmTile.Rows * GemmTile.Chunks) + GemmTile.Place(rowB, ((lane >> 3) & 1) + 2);
        int reads = 0;
        int writes = 2 * stage;
        int next = stage;
        T.AwaitAllButOne(shared);
        Group.Barrier();
        TTile sums = default;
        Fragments first = TTile.Load<T>(shared, a0, b0);
        int steps = (shape.K + GemmTile.Depth - 1) / GemmTile.Depth;
        for (int step = 0; step < steps; step++)
        {
            Fragments second = TTile.Load<T>(shared, reads + a1, reads + b1);
            rows = TRows.Next(shape, rows);
            weights = WeightRows.Next(weights);
            left -= 2 * GemmTile.Depth;
            bytes = Math.Max(0, Math.Min(16, left));
            TRows.Copy<T>(shape, rows, bytes, a, shared, writes + place);
            WeightRows.Copy<T, TTile>(weights, bytes, w, shared, writes + place + (GemmTile.Rows * GemmTile.Chunks));
            T.EndBatch(shared);
            sums = TTile.Add<T>(sums, first, shared, reads + b0);
            if (TTile.Streams)
            {
                sums = TTile.Add<T>(sums, second, shared, reads + b1);
            }

            T.AwaitAllButOne(shared);
            Group.Barrier();
            first = TTile.Load<T>(shared, next + a0, next + b0);
            if (!TTile.Streams)
            {
                sums = TTile.Add<T>(sums, second, shared, 0);
            }

            int free = reads;
            reads = next;
            next = writes;
            writes = free;
        }

        T.AwaitAll(shared);
        int stride = GemmTile.StagedColumns(columns) / 2;
        int pair = ((lane >> 2) * stride) + (warpColumn / 2) + (lane & 3);
        for (int half = 0; half < 2; half++)
        {
            Group.Barrier();
            if ((warp & 1) == half)
            {
                TTile.Store(sums, shared.Cast<F2>(), pair, stride);
            }

            Group.Barrier();
            GemmEpilogue.Write<T, TOutput>(shared, shape, columns, firstRow + (half * (GemmTile.Rows / 2)), firstColumn, extras, result);
        }
    }
}
