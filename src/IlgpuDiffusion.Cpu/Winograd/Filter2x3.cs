using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>F(2, 3) at the points 0, ±1 and ∞.</summary>
internal readonly unsafe struct Filter2x3 : IFilter
{
    public static int Outputs => 2;

    public static int Taps => 3;

    public static int Points => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector d0 = TSimd.Load(from), d1 = TSimd.Load(from + step), d2 = TSimd.Load(from + (2 * step)), d3 = TSimd.Load(from + (3 * step));
        TSimd.Store(to, TSimd.Subtract(d0, d2));
        TSimd.Store(to + toStep, TSimd.Add(d1, d2));
        TSimd.Store(to + (2 * toStep), TSimd.Subtract(d2, d1));
        TSimd.Store(to + (3 * toStep), TSimd.Subtract(d3, d1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weight<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector w0 = TSimd.Load(from), w1 = TSimd.Load(from + step), w2 = TSimd.Load(from + (2 * step));
        TVector half = TSimd.Create(0.5f), even = TSimd.Multiply(half, TSimd.Add(w0, w2));
        TSimd.Store(to, w0);
        TSimd.Store(to + toStep, TSimd.MultiplyAdd(half, w1, even));
        TSimd.Store(to + (2 * toStep), TSimd.MultiplyAdd(TSimd.Create(-0.5f), w1, even));
        TSimd.Store(to + (3 * toStep), w2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector m1 = TSimd.Load(from + step), m2 = TSimd.Load(from + (2 * step));
        TSimd.Store(to, TSimd.Add(TSimd.Add(TSimd.Load(from), m1), m2));
        TSimd.Store(to + toStep, TSimd.Add(TSimd.Subtract(m1, m2), TSimd.Load(from + (3 * step))));
    }
}
