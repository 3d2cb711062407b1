using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>Tiles of 14 rows and two vectors of columns: 28 accumulators in named locals, which the JIT keeps in registers.</summary>
internal static unsafe class Tile14
{
    public const int Rows = 14;

    /// <summary>C = A·B, or C += A·B, the sum over k in ascending order and begun at zero.</summary>
    /// <param name="a">14 rows of k floats, <see cref="Panels.KBlock"/> apart.</param>
    /// <param name="b">k rows of <see cref="Panels.Columns"/> floats.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="c">14 rows, <see cref="Panels.Columns"/> apart.</param>
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
        TVector l8 = TSimd.Create(0f), r8 = l8;
        TVector l9 = TSimd.Create(0f), r9 = l9;
        TVector l10 = TSimd.Create(0f), r10 = l10;
        TVector l11 = TSimd.Create(0f), r11 = l11;
        TVector l12 = TSimd.Create(0f), r12 = l12;
        TVector l13 = TSimd.Create(0f), r13 = l13;

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
            x = TSimd.Create(a[8 * Panels.KBlock]);
            l8 = TSimd.MultiplyAdd(x, left, l8);
            r8 = TSimd.MultiplyAdd(x, right, r8);
            x = TSimd.Create(a[9 * Panels.KBlock]);
            l9 = TSimd.MultiplyAdd(x, left, l9);
            r9 = TSimd.MultiplyAdd(x, right, r9);
            x = TSimd.Create(a[10 * Panels.KBlock]);
            l10 = TSimd.MultiplyAdd(x, left, l10);
            r10 = TSimd.MultiplyAdd(x, right, r10);
            x = TSimd.Create(a[11 * Panels.KBlock]);
            l11 = TSimd.MultiplyAdd(x, left, l11);
            r11 = TSimd.MultiplyAdd(x, right, r11);
            x = TSimd.Create(a[12 * Panels.KBlock]);
            l12 = TSimd.MultiplyAdd(x, left, l12);
            r12 = TSimd.MultiplyAdd(x, right, r12);
            x = TSimd.Create(a[13 * Panels.KBlock]);
            l13 = TSimd.MultiplyAdd(x, left, l13);
            r13 = TSimd.MultiplyAdd(x, right, r13);
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
            l8 = TSimd.Add(l8, TSimd.Load(c + (8 * Panels.Columns)));
            r8 = TSimd.Add(r8, TSimd.Load(c + (8 * Panels.Columns) + TSimd.Width));
            l9 = TSimd.Add(l9, TSimd.Load(c + (9 * Panels.Columns)));
            r9 = TSimd.Add(r9, TSimd.Load(c + (9 * Panels.Columns) + TSimd.Width));
            l10 = TSimd.Add(l10, TSimd.Load(c + (10 * Panels.Columns)));
            r10 = TSimd.Add(r10, TSimd.Load(c + (10 * Panels.Columns) + TSimd.Width));
            l11 = TSimd.Add(l11, TSimd.Load(c + (11 * Panels.Columns)));
            r11 = TSimd.Add(r11, TSimd.Load(c + (11 * Panels.Columns) + TSimd.Width));
            l12 = TSimd.Add(l12, TSimd.Load(c + (12 * Panels.Columns)));
            r12 = TSimd.Add(r12, TSimd.Load(c + (12 * Panels.Columns) + TSimd.Width));
            l13 = TSimd.Add(l13, TSimd.Load(c + (13 * Panels.Columns)));
            r13 = TSimd.Add(r13, TSimd.Load(c + (13 * Panels.Columns) + TSimd.Width));
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
        TSimd.Store(c + (8 * Panels.Columns), l8);
        TSimd.Store(c + (8 * Panels.Columns) + TSimd.Width, r8);
        TSimd.Store(c + (9 * Panels.Columns), l9);
        TSimd.Store(c + (9 * Panels.Columns) + TSimd.Width, r9);
        TSimd.Store(c + (10 * Panels.Columns), l10);
        TSimd.Store(c + (10 * Panels.Columns) + TSimd.Width, r10);
        TSimd.Store(c + (11 * Panels.Columns), l11);
        TSimd.Store(c + (11 * Panels.Columns) + TSimd.Width, r11);
        TSimd.Store(c + (12 * Panels.Columns), l12);
        TSimd.Store(c + (12 * Panels.Columns) + TSimd.Width, r12);
        TSimd.Store(c + (13 * Panels.Columns), l13);
        TSimd.Store(c + (13 * Panels.Columns) + TSimd.Width, r13);
    }
}
