using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The rows of a matrix of scores as weights: softmax(scale · S), 32 bits in, 16 out. A group makes a row; sums are taken in an order that its length alone decides.</summary>
internal static class SoftmaxRows
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Groups that a multiprocessor is to hold.</summary>
    public const int GroupsPerProcessor = 8;

    private const int Warps = Threads / 32;
    private const float Lowest = -1e30f;

    /// <summary>Makes a row a group; what lies behind its last key becomes zeros.</summary>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>))]
    [Kernel(typeof(EmulatedTensorCores<Float16>))]
    public static void Run<T>(SoftmaxShape shape, ArrayView<F4> scores, ArrayView<U2> weights)
        where T : struct, ITensorCores
    {
        ArrayView<F2> found = SharedMemory.Allocate<F2>(Warps);
        int item = Group.IdxX;
        long row = (long)Grid.IdxX * shape.Fours;
        float largest = Lowest;
        float total = 0f;
        for (int i = item; 4 * i < shape.Keys; i += Threads)
        {
            F4 s = Seen(scores[row + i], shape.Keys - (4 * i));
            float larger = MathF.Max(largest, MathF.Max(MathF.Max(s.X, s.Y), MathF.Max(s.Z, s.W)));
            F4 w = Weights<T>(s, shape.Scale, larger);
            total = (total * T.Exp2((largest - larger) * shape.Scale)) + (w.X + w.Y + (w.Z + w.W));
            largest = larger;
        }

        float ofWarp = largest;
        for (int lanes = 16; lanes > 0; lanes >>= 1)
        {
            ofWarp = MathF.Max(ofWarp, Warp.ShuffleXor(ofWarp, lanes));
        }

        total *= T.Exp2((largest - ofWarp) * shape.Scale);
        for (int lanes = 16; lanes > 0; lanes >>= 1)
        {
            total += Warp.ShuffleXor(total, lanes);
        }

        if ((item & 31) == 0)
        {
            found[item >> 5] = new(ofWarp, total);
        }

        Group.Barrier();
        float most = MathF.Max(MathF.Max(found[0].X, found[1].X), MathF.Max(found[2].X, found[3].X));
        float sum = 0f;
        for (int warp = 0; warp < Warps; warp++)
        {
            sum += found[warp].Y * T.Exp2((found[warp].X - most) * shape.Scale);
        }

        float factor = T.Reciprocal(sum);
        for (int i = item; i < shape.Fours; i += Threads)
        {
            F4 w = Weights<T>(Seen(scores[row + i], shape.Keys - (4 * i)), shape.Scale, most);
            weights[row + i] = new() { X = T.Pack(w.X * factor, w.Y * factor), Y = T.Pack(w.Z * factor, w.W * factor) };
        }
    }

    private static F4 Seen(F4 s, int left) => new()
    {
        X = left > 0 ? s.X : float.NegativeInfinity,
        Y = left > 1 ? s.Y : float.NegativeInfinity,
        Z = left > 2 ? s.Z : float.NegativeInfinity,
        W = left > 3 ? s.W : float.NegativeInfinity,
    };

    private static F4 Weights<T>(F4 s, float scale, float largest)
        where T : struct, ITensorCores => new()
        {
            X = T.Exp2((s.X - largest) * scale),
            Y = T.Exp2((s.Y - largest) * scale),
            Z = T.Exp2((s.Z - largest) * scale),
            W = T.Exp2((s.W - largest) * scale),
        };
}

/// <summary>The sizes of a matrix of scores.</summary>
internal struct SoftmaxShape
{
    /// <summary>Columns, one or more.</summary>
    public int Keys;

    /// <summary>From a row to the next, a quarter of the numbers.</summary>
    public int Fours;

    /// <summary>The factor of the scores, times log2(e).</summary>
    public float Scale;
}
