using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The sums that an item holds: 8 rows of 8 columns.</summary>
internal struct BlockTile
{
    /// <summary>Rows and columns of a group's block.</summary>
    public const int Size = 128;

    /// <summary>Items of a group.</summary>
    public const int Items = 256;

    /// <summary>Numbers of K at a time.</summary>
    public const int Depth = 8;

    /// <summary>Fours from a line of shared memory to the next: a number of K for all rows, and four more, so that rows of one quad lie in different banks.</summary>
    public const int Line = (Size / 4) + 1;

    /// <summary>Fours of the lines of one operand.</summary>
    public const int Operand = Depth * Line;

    /// <summary>What a group asks for: two buffers of both operands.</summary>
    public static readonly GroupForm Form = new(Items, 2, 2 * 2 * Operand * 16);

    private BlockRow _r0;
    private BlockRow _r1;
    private BlockRow _r2;
    private BlockRow _r3;
    private BlockRow _r4;
    private BlockRow _r5;
    private BlockRow _r6;
    private BlockRow _r7;

    /// <summary>Adds the products of eight numbers of K.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="shared">Shared memory.</param>
    /// <param name="rows">Where the item's first four rows lie.</param>
    /// <param name="columns">Where its first four columns lie.</param>
    public static BlockTile Add<TUnits>(BlockTile sums, ArrayView<F4> shared, int rows, int columns)
        where TUnits : struct, IUnits
    {
        sums = AddOne<TUnits>(sums, shared, rows, columns);
        sums = AddOne<TUnits>(sums, shared, rows + Line, columns + Line);
        sums = AddOne<TUnits>(sums, shared, rows + (2 * Line), columns + (2 * Line));
        sums = AddOne<TUnits>(sums, shared, rows + (3 * Line), columns + (3 * Line));
        sums = AddOne<TUnits>(sums, shared, rows + (4 * Line), columns + (4 * Line));
        sums = AddOne<TUnits>(sums, shared, rows + (5 * Line), columns + (5 * Line));
        sums = AddOne<TUnits>(sums, shared, rows + (6 * Line), columns + (6 * Line));
        return AddOne<TUnits>(sums, shared, rows + (7 * Line), columns + (7 * Line));
    }

    /// <summary>Writes the item's first four rows, or its last.</summary>
    public static void Store(BlockTile sums, int half, ArrayView<F4> shared, int at)
    {
        BlockRow.Store(half == 0 ? sums._r0 : sums._r4, shared, at);
        BlockRow.Store(half == 0 ? sums._r1 : sums._r5, shared, at + Line);
        BlockRow.Store(half == 0 ? sums._r2 : sums._r6, shared, at + (2 * Line));
        BlockRow.Store(half == 0 ? sums._r3 : sums._r7, shared, at + (3 * Line));
    }

    private static BlockTile AddOne<TUnits>(BlockTile sums, ArrayView<F4> shared, int rows, int columns)
        where TUnits : struct, IUnits
    {
        F4 a = shared[rows];
        F4 b = shared[columns];
        F4 a4 = shared[rows + (Size / 8)];
        F4 b4 = shared[columns + (Size / 8)];
        sums._r0 = BlockRow.Add<TUnits>(sums._r0, a.X, b, b4);
        sums._r1 = BlockRow.Add<TUnits>(sums._r1, a.Y, b, b4);
        sums._r2 = BlockRow.Add<TUnits>(sums._r2, a.Z, b, b4);
        sums._r3 = BlockRow.Add<TUnits>(sums._r3, a.W, b, b4);
        sums._r4 = BlockRow.Add<TUnits>(sums._r4, a4.X, b, b4);
        sums._r5 = BlockRow.Add<TUnits>(sums._r5, a4.Y, b, b4);
        sums._r6 = BlockRow.Add<TUnits>(sums._r6, a4.Z, b, b4);
        sums._r7 = BlockRow.Add<TUnits>(sums._r7, a4.W, b, b4);
        return sums;
    }
}

/// <summary>A row of an item's sums: four columns of the block's first half, four of its second.</summary>
internal struct BlockRow
{
    private F4 _first;
    private F4 _second;

    /// <summary>Adds a number times eight.</summary>
    public static BlockRow Add<TUnits>(BlockRow row, float a, F4 first, F4 second)
        where TUnits : struct, IUnits =>
        new() { _first = Add<TUnits>(row._first, a, first), _second = Add<TUnits>(row._second, a, second) };

    /// <summary>Writes the row.</summary>
    public static void Store(BlockRow row, ArrayView<F4> shared, int at)
    {
        shared[at] = row._first;
        shared[at + (BlockTile.Size / 8)] = row._second;
    }

    private static F4 Add<TUnits>(F4 c, float a, F4 b)
        where TUnits : struct, IUnits =>
        new() { X = TUnits.MultiplyAdd(a, b.X, c.X), Y = TUnits.MultiplyAdd(a, b.Y, c.Y), Z = TUnits.MultiplyAdd(a, b.Z, c.Z), W = TUnits.MultiplyAdd(a, b.W, c.W) };
}
