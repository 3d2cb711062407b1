using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

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

    /// <summary>Adds a [16, 16] times the transpose of four times 16 rows of 16.</summary>
    public static Row64 Add<T>(Row64 c, U4 a, U4 b0, U4 b1, U4 b2, U4 b3)
        where T : struct, ITensorCores
    {
        c.C0 = T.MultiplyAdd(c.C0, a, b0.X, b0.Y);
        c.C1 = T.MultiplyAdd(c.C1, a, b0.Z, b0.W);
        c.C2 = T.MultiplyAdd(c.C2, a, b1.X, b1.Y);
        c.C3 = T.MultiplyAdd(c.C3, a, b1.Z, b1.W);
        c.C4 = T.MultiplyAdd(c.C4, a, b2.X, b2.Y);
        c.C5 = T.MultiplyAdd(c.C5, a, b2.Z, b2.W);
        c.C6 = T.MultiplyAdd(c.C6, a, b3.X, b3.Y);
        c.C7 = T.MultiplyAdd(c.C7, a, b3.Z, b3.W);
        return c;
    }

    /// <summary>Writes a lane's sums: to pair <paramref name="at"/>, its second row's <paramref name="further"/> pairs further.</summary>
    public static void Store(Row64 c, ArrayView<F2> pairs, int at, int further)
    {
        Pair.Store(c.C0, pairs, at, further);
        Pair.Store(c.C1, pairs, at + 4, further);
        Pair.Store(c.C2, pairs, at + 8, further);
        Pair.Store(c.C3, pairs, at + 12, further);
        Pair.Store(c.C4, pairs, at + 16, further);
        Pair.Store(c.C5, pairs, at + 20, further);
        Pair.Store(c.C6, pairs, at + 24, further);
        Pair.Store(c.C7, pairs, at + 28, further);
    }
}

/// <summary>The sums of 16 rows and 16 columns, of which a lane holds 8.</summary>
internal struct Pair
{
    public F4 C0;
    public F4 C1;

    /// <summary>Adds a [16, 16] times the transpose of 16 rows of 16.</summary>
    public static Pair Add<T>(Pair c, U4 a, U4 b)
        where T : struct, ITensorCores
    {
        c.C0 = T.MultiplyAdd(c.C0, a, b.X, b.Y);
        c.C1 = T.MultiplyAdd(c.C1, a, b.Z, b.W);
        return c;
    }

    /// <summary>Writes a lane's part of 16×8 sums.</summary>
    public static void Store(F4 c, ArrayView<F2> pairs, int at, int further)
    {
        pairs[at] = new(c.X, c.Y);
        pairs[at + further] = new(c.Z, c.W);
    }

    /// <summary>Writes a lane's part of 16×16 sums.</summary>
    public static void Store(Pair c, ArrayView<F2> pairs, int at, int further)
    {
        Store(c.C0, pairs, at, further);
        Store(c.C1, pairs, at + 4, further);
    }
}
