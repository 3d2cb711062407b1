using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Rows of 16-bit numbers as columns: an item turns 8×8 of them in registers. Columns end in zeros up to a multiple of eight.</summary>
internal static class TransposeKernel
{
    // Neighbouring items read 128 bytes of a row and write 64 of a column.
    private const int RowChunks = 8, Blocks = 4;

    /// <summary>The items for rows of some chunks.</summary>
    public static int Items(int rows, int chunks) => checked((chunks + RowChunks - 1) / RowChunks * RowChunks * Bands(rows) * Blocks);

    /// <summary>Turns one block an item.</summary>
    [Kernel]
    public static void Run(TransposeShape shape, ArrayView<U4> source, ArrayView<U4> result)
    {
        int item = WorkItem.Index;
        int outer = item / (RowChunks * Blocks), bands = Bands(shape.Rows);
        int chunk = (outer / bands * RowChunks) + (item % RowChunks);
        int block = (outer % bands * Blocks) + (item / RowChunks % Blocks);
        if (chunk < shape.Chunks && block < shape.ResultStride)
        {
            U4 r0 = Read(shape, source, chunk, 8 * block), r1 = Read(shape, source, chunk, (8 * block) + 1);
            U4 r2 = Read(shape, source, chunk, (8 * block) + 2), r3 = Read(shape, source, chunk, (8 * block) + 3);
            U4 r4 = Read(shape, source, chunk, (8 * block) + 4), r5 = Read(shape, source, chunk, (8 * block) + 5);
            U4 r6 = Read(shape, source, chunk, (8 * block) + 6), r7 = Read(shape, source, chunk, (8 * block) + 7);
            long to = ((long)8 * chunk * shape.ResultStride) + block, two = 2 * shape.ResultStride;
            Write(result, to, shape.ResultStride, Pair(r0.X, r1.X, r2.X, r3.X), Pair(r4.X, r5.X, r6.X, r7.X));
            Write(result, to + two, shape.ResultStride, Pair(r0.Y, r1.Y, r2.Y, r3.Y), Pair(r4.Y, r5.Y, r6.Y, r7.Y));
            Write(result, to + (2 * two), shape.ResultStride, Pair(r0.Z, r1.Z, r2.Z, r3.Z), Pair(r4.Z, r5.Z, r6.Z, r7.Z));
            Write(result, to + (3 * two), shape.ResultStride, Pair(r0.W, r1.W, r2.W, r3.W), Pair(r4.W, r5.W, r6.W, r7.W));
        }
    }

    private static int Bands(int rows) => (rows + (8 * Blocks) - 1) / (8 * Blocks);

    private static U4 Read(TransposeShape shape, ArrayView<U4> source, int chunk, int row)
    {
        U4 read = default;
        if (row < shape.Rows)
        {
            read = source[((long)row * shape.Stride) + chunk];
        }

        return read;
    }

    // Of four rows' words the two columns: X and Y of the first, Z and W of the second.
    private static U4 Pair(uint a, uint b, uint c, uint d) => new()
    {
        X = (a & 0xffffu) | (b << 16),
        Y = (c & 0xffffu) | (d << 16),
        Z = (a >> 16) | (b & 0xffff0000u),
        W = (c >> 16) | (d & 0xffff0000u),
    };

    private static void Write(ArrayView<U4> result, long to, int stride, U4 first, U4 second)
    {
        result[to] = new() { X = first.X, Y = first.Y, Z = second.X, W = second.Y };
        result[to + stride] = new() { X = first.Z, Y = first.W, Z = second.Z, W = second.W };
    }
}

/// <summary>The sizes of a matrix and its transpose.</summary>
internal struct TransposeShape
{
    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Chunks of eight numbers of a row.</summary>
    public int Chunks;

    /// <summary>Chunks from a row to the next.</summary>
    public int Stride;

    /// <summary>Chunks from a column of the result to the next: those that hold the rows.</summary>
    public int ResultStride;
}
