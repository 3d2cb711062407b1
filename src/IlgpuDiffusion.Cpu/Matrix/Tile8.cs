using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>Tiles of 8 rows and two vectors of columns: 16 accumulators in named locals, which the JIT keeps in registers.</summary>
internal static unsafe class Tile8
{
    public const int Rows = 8;

    /// <summary>C = A·B, or C += A·B, the sum over k in ascending order and begun at zero.</summary>
    /// <param name="a">8 rows of k floats, <see cref="Panels.KBlock"/> apart.</param>
    /// <param name="b">k rows of <see cref="Panels.Columns"/> floats.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="c">8 rows, <see cref="Panels.Columns"/> apart.</param>
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
        TVector l4 = TSimd.Create(0f), r4 = l4;
        TVector l5 = TSimd.Create(0f), r5 = l5;
        TVector l6 = TSimd.Create(0f), r6 = l6;
        TVector l7 = TSimd.Create(0f), r7 = l7;

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
            x = TSimd.Create(a[4 * Panels.KBlock]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            x = TSimd.Create(a[5 * Panels.KBlock]);
            l5 = TSimd.MultiplyAdd(x, left, l5);
            r5 = TSimd.MultiplyAdd(x, right, r5);
            x = TSimd.Create(a[6 * Panels.KBlock]);
            l6 = TSimd.MultiplyAdd(x, left, l6);
            r6 = TSimd.MultiplyAdd(x, right, r6);
            x = TSimd.Create(a[7 * Panels.KBlock]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
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
            l4 = TSimd.Add(l4, TSimd.Load(c + (4 * Panels.Columns)));
            r4 = TSimd.Add(r4, TSimd.Load(c + (4 * Panels.Columns) + TSimd.Width));
            l5 = TSimd.Add(l5, TSimd.Load(c + (5 * Panels.Columns)));
            r5 = TSimd.Add(r5, TSimd.Load(c + (5 * Panels.Columns) + TSimd.Width));
            l6 = TSimd.Add(l6, TSimd.Load(c + (6 * Panels.Columns)));
            r6 = TSimd.Add(r6, TSimd.Load(c + (6 * Panels.Columns) + TSimd.Width));
            l7 = TSimd.Add(l7, TSimd.Load(c + (7 * Panels.Columns)));
            r7 = TSimd.Add(r7, TSimd.Load(c + (7 * Panels.Columns) + TSimd.Width));
        }

        TSimd.Store(c + (0 * Panels.Columns), l0);
        TSimd.Store(c + (0 * Panels.Columns) + TSimd.Width, r0);
        TSimd.Store(c + (1 * Panels.Columns), l1);
        TSimd.Store(c + (1 * Panels.Columns) + TSimd.Width, r1);
        TSimd.Store(c + (2 * Panels.Columns), l2);
        TSimd.Store(c + (2 * Panels.Columns) + TSimd.Width, r2);
        TSimd.Store(c + (3 * Panels.Columns), l3);
        TSimd.Store(c + (3 * Panels.Columns) + TSimd.Width, r3);
        TSimd.Store(c + (4 * Panels.Columns), l4);
        TSimd.Store(c + (4 * Panels.Columns) + TSimd.Width, r4);
        TSimd.Store(c + (5 * Panels.Columns), l5);
        TSimd.Store(c + (5 * Panels.Columns) + TSimd.Width, r5);
        TSimd.Store(c + (6 * Panels.Columns), l6);
        TSimd.Store(c + (6 * Panels.Columns) + TSimd.Width, r6);
        TSimd.Store(c + (7 * Panels.Columns), l7);
        TSimd.Store(c + (7 * Panels.Columns) + TSimd.Width, r7);
    }
}
