using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The sums of 16 rows and 64 columns, of which a lane holds 32.</summary>
internal struct Row64
{
    public F4 C0;
    public F4 C1;
    public F4 C2;
    public F4 C3;
    public F4 C4;
    public F4 C5;
    public F4 C6;
    public F4 C7;

    /// <summary>Writes a lane's sums as pairs: its first to <paramref name="at"/>, rows <paramref name="stride"/> pairs apart.</summary>
    public static void Store(Row64 c, ArrayView<F2> pairs, int at, int stride)
    {
        Sums.Store(c.C0, pairs, at, stride);
        Sums.Store(c.C1, pairs, at + 4, stride);
        Sums.Store(c.C2, pairs, at + 8, stride);
        Sums.Store(c.C3, pairs, at + 12, stride);
        Sums.Store(c.C4, pairs, at + 16, stride);
        Sums.Store(c.C5, pairs, at + 20, stride);
        Sums.Store(c.C6, pairs, at + 24, stride);
        Sums.Store(c.C7, pairs, at + 28, stride);
    }
}

/// <summary>The sums of 32 rows and 16 columns, of which a lane holds 16: for each 16 rows two times 8 columns.</summary>
internal struct Block32
{
    public F4 R00;
    public F4 R01;
    public F4 R10;
    public F4 R11;

    /// <summary>Writes a lane's sums as pairs: its first to <paramref name="at"/>, rows <paramref name="stride"/> pairs apart.</summary>
    public static void Store(Block32 c, ArrayView<F2> pairs, int at, int stride)
    {
        Sums.Store(c.R00, pairs, at, stride);
        Sums.Store(c.R01, pairs, at + 4, stride);
        Sums.Store(c.R10, pairs, at + (16 * stride), stride);
        Sums.Store(c.R11, pairs, at + (16 * stride) + 4, stride);
    }
}

/// <summary>The sums of 64 rows and 16 columns, of which a lane holds 32.</summary>
internal struct Columns16
{
    public Block32 Upper;
    public Block32 Lower;

    /// <summary>Writes a lane's sums as pairs: its first to <paramref name="at"/>, rows <paramref name="stride"/> pairs apart.</summary>
    public static void Store(Columns16 c, ArrayView<F2> pairs, int at, int stride)
    {
        Block32.Store(c.Upper, pairs, at, stride);
        Block32.Store(c.Lower, pairs, at + (32 * stride), stride);
    }
}

/// <summary>The sums of 16 rows and 16 columns, of which a lane holds 8.</summary>
internal struct Slice
{
    public F4 C0;
    public F4 C1;
}

/// <summary>A lane's part of 16×8 sums.</summary>
internal static class Sums
{
    /// <summary>Writes two numbers of a row, and two of the row 8 further.</summary>
    public static void Store(F4 c, ArrayView<F2> pairs, int at, int stride)
    {
        pairs[at] = new(c.X, c.Y);
        pairs[at + (8 * stride)] = new(c.Z, c.W);
    }

    /// <summary>Multiplies a lane's two rows.</summary>
    public static F4 Times(F4 c, float upper, float lower) => new() { X = c.X * upper, Y = c.Y * upper, Z = c.Z * lower, W = c.W * lower };
}
