using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Product tiles that may be narrower than a panel: head widths such as 40 are not multiples of 32 columns.</summary>
internal static unsafe class AttentionTiles
{
    /// <summary>C = A·B, or C += A·B, over as many of a panel's columns as are wanted, or some more.</summary>
    /// <param name="rows">Rows of a tile of this machine (see <see cref="TileSweep"/>); memory is there for the tall one.</param>
    /// <param name="a">Rows of k floats, <see cref="Panels.KBlock"/> apart.</param>
    /// <param name="b">k rows of <see cref="Panels.Columns"/> floats.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="c">Rows <see cref="Panels.Columns"/> apart.</param>
    /// <param name="first">Whether to overwrite C.</param>
    /// <param name="columns">How many columns are wanted.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TSimd, TVector>(int rows, float* a, float* b, nint k, float* c, bool first, int columns)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        if (TSimd.Width == 16)
        {
            if (columns <= 16)
            {
                Narrow14(a, b, k, c, first);
            }
            else if (rows == Tile14.Rows)
            {
                Tile14.Multiply<TSimd, TVector>(a, b, k, c, first);
            }
            else
            {
                Tile8.Multiply<TSimd, TVector>(a, b, k, c, first);
            }

            return;
        }

        TileSweep.Columns<TSimd, TVector>(rows, a, b, k, c, first, Math.Min(columns, Panels.Columns));
    }

    /// <summary>Sixteen columns: 14 accumulators; of the short tile the rows below it are computed and not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Narrow14(float* a, float* b, nint k, float* c, bool first)
    {
        Vector512<float> s0 = Vector512<float>.Zero;
        Vector512<float> s1 = Vector512<float>.Zero;
        Vector512<float> s2 = Vector512<float>.Zero;
        Vector512<float> s3 = Vector512<float>.Zero;
        Vector512<float> s4 = Vector512<float>.Zero;
        Vector512<float> s5 = Vector512<float>.Zero;
        Vector512<float> s6 = Vector512<float>.Zero;
        Vector512<float> s7 = Vector512<float>.Zero;
        Vector512<float> s8 = Vector512<float>.Zero;
        Vector512<float> s9 = Vector512<float>.Zero;
        Vector512<float> s10 = Vector512<float>.Zero;
        Vector512<float> s11 = Vector512<float>.Zero;
        Vector512<float> s12 = Vector512<float>.Zero;
        Vector512<float> s13 = Vector512<float>.Zero;
        do
        {
            Vector512<float> x = Vector512.Load(b);
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[0 * Panels.KBlock]), x, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[1 * Panels.KBlock]), x, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2 * Panels.KBlock]), x, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3 * Panels.KBlock]), x, s3);
            s4 = Vector512.FusedMultiplyAdd(Vector512.Create(a[4 * Panels.KBlock]), x, s4);
            s5 = Vector512.FusedMultiplyAdd(Vector512.Create(a[5 * Panels.KBlock]), x, s5);
            s6 = Vector512.FusedMultiplyAdd(Vector512.Create(a[6 * Panels.KBlock]), x, s6);
            s7 = Vector512.FusedMultiplyAdd(Vector512.Create(a[7 * Panels.KBlock]), x, s7);
            s8 = Vector512.FusedMultiplyAdd(Vector512.Create(a[8 * Panels.KBlock]), x, s8);
            s9 = Vector512.FusedMultiplyAdd(Vector512.Create(a[9 * Panels.KBlock]), x, s9);
            s10 = Vector512.FusedMultiplyAdd(Vector512.Create(a[10 * Panels.KBlock]), x, s10);
            s11 = Vector512.FusedMultiplyAdd(Vector512.Create(a[11 * Panels.KBlock]), x, s11);
            s12 = Vector512.FusedMultiplyAdd(Vector512.Create(a[12 * Panels.KBlock]), x, s12);
            s13 = Vector512.FusedMultiplyAdd(Vector512.Create(a[13 * Panels.KBlock]), x, s13);
            a++;
            b += Panels.Columns;
        }
        while (--k != 0);

        if (!first)
        {
            s0 += Vector512.Load(c + (0 * Panels.Columns));
            s1 += Vector512.Load(c + (1 * Panels.Columns));
            s2 += Vector512.Load(c + (2 * Panels.Columns));
            s3 += Vector512.Load(c + (3 * Panels.Columns));
            s4 += Vector512.Load(c + (4 * Panels.Columns));
            s5 += Vector512.Load(c + (5 * Panels.Columns));
            s6 += Vector512.Load(c + (6 * Panels.Columns));
            s7 += Vector512.Load(c + (7 * Panels.Columns));
            s8 += Vector512.Load(c + (8 * Panels.Columns));
            s9 += Vector512.Load(c + (9 * Panels.Columns));
            s10 += Vector512.Load(c + (10 * Panels.Columns));
            s11 += Vector512.Load(c + (11 * Panels.Columns));
            s12 += Vector512.Load(c + (12 * Panels.Columns));
            s13 += Vector512.Load(c + (13 * Panels.Columns));
        }

        s0.Store(c + (0 * Panels.Columns));
        s1.Store(c + (1 * Panels.Columns));
        s2.Store(c + (2 * Panels.Columns));
        s3.Store(c + (3 * Panels.Columns));
        s4.Store(c + (4 * Panels.Columns));
        s5.Store(c + (5 * Panels.Columns));
        s6.Store(c + (6 * Panels.Columns));
        s7.Store(c + (7 * Panels.Columns));
        s8.Store(c + (8 * Panels.Columns));
        s9.Store(c + (9 * Panels.Columns));
        s10.Store(c + (10 * Panels.Columns));
        s11.Store(c + (11 * Panels.Columns));
        s12.Store(c + (12 * Panels.Columns));
        s13.Store(c + (13 * Panels.Columns));
    }
}
