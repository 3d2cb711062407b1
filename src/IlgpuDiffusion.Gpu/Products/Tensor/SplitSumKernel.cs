using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The end of a product whose K groups have shared: their sums are added in the order of K, then all that an epilogue does.</summary>
internal static class SplitSumKernel
{
    /// <summary>Items of a group, four columns each.</summary>
    public const int Threads = 128;

    /// <summary>Groups that a multiprocessor is to hold.</summary>
    public const int GroupsPerProcessor = 8;

    /// <summary>Groups are (some of the columns, 1, rows).</summary>
    /// <param name="shape">The whole product's sizes.</param>
    /// <param name="parts">Parts of K.</param>
    /// <param name="sums">Of each part all rows of N numbers.</param>
    /// <param name="extras">What is added.</param>
    /// <param name="result">The result.</param>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(Output16<BFloat16>))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(Output16<Float16>))]
    public static void Run<T, TOutput>(GemmShape shape, int parts, ArrayView<F4> sums, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        int four = (Grid.IdxX * Threads) + Group.IdxX, row = Grid.IdxZ;
        if (4 * four < shape.Outputs)
        {
            long at = ((long)row * (shape.N / 4)) + four, part = (long)shape.M * (shape.N / 4);
            F4 x = Sum(sums, at, part, parts), gate = x;
            if (shape.Gated != 0)
            {
                gate = Sum(sums, at + (shape.Outputs / 4), part, parts);
            }

            GemmEpilogue.Finish<T, TOutput>(shape, extras, ColumnExtras.Of(shape, extras, row, 4 * four), row, 4 * four, x, gate, result);
        }
    }

    private static F4 Sum(ArrayView<F4> sums, long at, long part, int parts)
    {
        F4 x = sums[at];
        for (int i = 1; i < parts; i++)
        {
            at += part;
            F4 y = sums[at];
            x = new() { X = x.X + y.X, Y = x.Y + y.Y, Z = x.Z + y.Z, W = x.W + y.W };
        }

        return x;
    }
}
