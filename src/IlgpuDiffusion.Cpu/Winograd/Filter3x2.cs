using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>F(3, 2) at the points 0, ±1 and ∞; its inputs are transformed as those of F(2, 3).</summary>
internal readonly unsafe struct Filter3x2 : IFilter
{
    public static int Outputs => 3;

    public static int Taps => 2;

    public static int Points => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => Filter2x3.Input<TSimd, TVector>(from, step, to, toStep);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weight<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector w0 = TSimd.Load(from), w1 = TSimd.Load(from + step), half = TSimd.Create(0.5f);
        TSimd.Store(to, w0);
        TSimd.Store(to + toStep, TSimd.Multiply(half, TSimd.Add(w0, w1)));
        TSimd.Store(to + (2 * toStep), TSimd.Multiply(half, TSimd.Subtract(w0, w1)));
        TSimd.Store(to + (3 * toStep), w1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector m1 = TSimd.Load(from + step), m2 = TSimd.Load(from + (2 * step)), sum = TSimd.Add(m1, m2);
        TSimd.Store(to, TSimd.Add(TSimd.Load(from), sum));
        TSimd.Store(to + toStep, TSimd.Subtract(m1, m2));
        TSimd.Store(to + (2 * toStep), TSimd.Add(sum, TSimd.Load(from + (3 * step))));
    }
}
