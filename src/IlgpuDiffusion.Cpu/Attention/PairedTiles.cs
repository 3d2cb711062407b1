using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Products of weights with the last one to eight columns of the values: a vector of sixteen lanes takes two keys at a time, the even one in
/// even lanes and the odd one in odd lanes, so that a head width such as 40 fills two and a half vectors and not three.
/// </summary>
internal static unsafe class PairedTiles
{
    /// <summary>Floats of a pair of keys: eight columns, each of the even key and of the odd one.</summary>
    public const int Lanes = 16;

    /// <summary>C = A·B, or C += A·B, the lanes of a column not yet added up.</summary>
    /// <param name="a">Rows of 2·pairs floats, <see cref="Panels.KBlock"/> apart; memory is there for the tall tile.</param>
    /// <param name="b">Pairs of keys, <see cref="Lanes"/> floats each.</param>
    /// <param name="pairs">At least 1.</param>
    /// <param name="c">Rows <see cref="Panels.Columns"/> apart.</param>
    /// <param name="first">Whether to overwrite C.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TSimd, TVector>(float* a, float* b, nint pairs, float* c, bool first)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        if (TSimd.Width == 16)
        {
            Multiply14(a, b, pairs, c, first);
            return;
        }

        if (TSimd.Width == 1)
        {
            MultiplyScalar(a, b, pairs, c, first);
            return;
        }

        for (int lane = 0; lane < Lanes; lane += 2 * TSimd.Width)
        {
            Multiply6<TSimd, TVector>(a, b + lane, pairs, c + lane, first);
        }
    }

    /// <summary>from[0], from[1], from[0], …</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pair<TVector>(float* from)
        where TVector : struct =>
        typeof(TVector) == typeof(Vector256<float>)
            ? Unsafe.BitCast<Vector256<float>, TVector>(Vector256.Create(*(double*)from).AsSingle())
            : Unsafe.BitCast<Vector128<float>, TVector>(Vector128.Create(*(double*)from).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Multiply14(float* a, float* b, nint pairs, float* c, bool first)
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
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (0 * Panels.KBlock))).AsSingle(), x, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (1 * Panels.KBlock))).AsSingle(), x, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (2 * Panels.KBlock))).AsSingle(), x, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (3 * Panels.KBlock))).AsSingle(), x, s3);
            s4 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (4 * Panels.KBlock))).AsSingle(), x, s4);
            s5 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (5 * Panels.KBlock))).AsSingle(), x, s5);
            s6 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (6 * Panels.KBlock))).AsSingle(), x, s6);
            s7 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (7 * Panels.KBlock))).AsSingle(), x, s7);
            s8 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (8 * Panels.KBlock))).AsSingle(), x, s8);
            s9 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (9 * Panels.KBlock))).AsSingle(), x, s9);
            s10 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (10 * Panels.KBlock))).AsSingle(), x, s10);
            s11 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (11 * Panels.KBlock))).AsSingle(), x, s11);
            s12 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (12 * Panels.KBlock))).AsSingle(), x, s12);
            s13 = Vector512.FusedMultiplyAdd(Vector512.Create(*(double*)(a + (13 * Panels.KBlock))).AsSingle(), x, s13);
            a += 2;
            b += Lanes;
        }
        while (--pairs != 0);

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Multiply6<TSimd, TVector>(float* a, float* b, nint pairs, float* c, bool first)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector l0 = TSimd.Create(0f), r0 = l0;
        TVector l1 = TSimd.Create(0f), r1 = l1;
        TVector l2 = TSimd.Create(0f), r2 = l2;
        TVector l3 = TSimd.Create(0f), r3 = l3;
        TVector l4 = TSimd.Create(0f), r4 = l4;
        TVector l5 = TSimd.Create(0f), r5 = l5;
        do
        {
            TVector left = TSimd.Load(b), right = TSimd.Load(b + TSimd.Width);
            TVector x;
            x = Pair<TVector>(a + (0 * Panels.KBlock));
            l0 = TSimd.MultiplyAdd(x, left, l0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = Pair<TVector>(a + (1 * Panels.KBlock));
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = Pair<TVector>(a + (2 * Panels.KBlock));
            l2 = TSimd.MultiplyAdd(x, left, l2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = Pair<TVector>(a + (3 * Panels.KBlock));
            l3 = TSimd.MultiplyAdd(x, left, l3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            x = Pair<TVector>(a + (4 * Panels.KBlock));
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            x = Pair<TVector>(a + (5 * Panels.KBlock));
            l5 = TSimd.MultiplyAdd(x, left, l5);
            r5 = TSimd.MultiplyAdd(x, right, r5);
            a += 2;
            b += Lanes;
        }
        while (--pairs != 0);

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
    }

    private static void MultiplyScalar(float* a, float* b, nint pairs, float* c, bool first)
    {
        for (int row = 0; row < TileSweep.Tall; row++)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                float sum = 0;
                for (nint pair = 0; pair < pairs; pair++)
                {
                    sum = SimdScalar.MultiplyAdd(a[(row * Panels.KBlock) + (2 * pair) + (lane % 2)], b[(pair * Lanes) + lane], sum);
                }

                float* at = c + (row * Panels.Columns) + lane;
                *at = first ? sum : *at + sum;
            }
        }
    }
}
