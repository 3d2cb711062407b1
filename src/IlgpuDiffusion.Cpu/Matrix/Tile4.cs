using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>Tiles of 4 rows and two vectors of columns: 8 accumulators, just enough to hide the latency of two multiply-adds a cycle.</summary>
internal static unsafe class Tile4
{
    public const int Rows = 4;

    /// <summary>C = A·B, or C += A·B, the sum over k in ascending order and begun at zero.</summary>
    /// <param name="a">4 rows of k floats, <see cref="Panels.KBlock"/> apart.</param>
    /// <param name="b">k rows of <see cref="Panels.Columns"/> floats.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="c">4 rows, <see cref="Panels.Columns"/> apart.</param>
    /// <param name="first">Whether to overwrite C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TSimd, TVector>(float* a, float* b, nint k, float* c, bool first)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector l0 = TSimd.Create(0f), r0 = l0;
        TVector l1 = TSimd.Create(0f), r1 = l1;
        TVector l2 = TSimd.Create(0f), r2 = l2;
        TVector l3 = TSimd.Create(0f), r3 = l3;

        do
        {
            TVector left = TSimd.Load(b), right = TSimd.Load(b + TSimd.Width);
            TVector x;
            x = TSimd.Create(a[0]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a[1 * Panels.KBlock]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a[2 * Panels.KBlock]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a[3 * Panels.KBlock]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            a++;
            b += Panels.Columns;
        }
        while (--k != 0);

        if (!first)
        {
            l0 = TSimd.Add(l0, TSimd.Load(c + (0 * Panels.Columns)));
            r0 = TSimd.Add(r0, TSimd.Load(c + (0 * Panels.Columns) + TSimd.Width));
            l1 = TSimd.Add(l1, TSimd.Load(c + (1 * Panels.Columns)));
            r1 = TSimd.Add(r1, TSimd.Load(c + (1 * Panels.Columns) + TSimd.Width));
            l2 = TSimd.Add(l2, TSimd.Load(c + (2 * Panels.Columns)));
            r2 = TSimd.Add(r2, TSimd.Load(c + (2 * Panels.Columns) + TSimd.Width));
            l3 = TSimd.Add(l3, TSimd.Load(c + (3 * Panels.Columns)));
            r3 = TSimd.Add(r3, TSimd.Load(c + (3 * Panels.Columns) + TSimd.Width));
        }

        TSimd.Store(c + (0 * Panels.Columns), l0);
        TSimd.Store(c + (0 * Panels.Columns) + TSimd.Width, r0);
        TSimd.Store(c + (1 * Panels.Columns), l1);
        TSimd.Store(c + (1 * Panels.Columns) + TSimd.Width, r1);
        TSimd.Store(c + (2 * Panels.Columns), l2);
        TSimd.Store(c + (2 * Panels.Columns) + TSimd.Width, r2);
        TSimd.Store(c + (3 * Panels.Columns), l3);
        TSimd.Store(c + (3 * Panels.Columns) + TSimd.Width, r3);
    }
}
