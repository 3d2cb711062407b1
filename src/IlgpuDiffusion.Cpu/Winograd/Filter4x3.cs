using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>F(4, 3) at the points 0, ±5/8, ±3/2 and ∞: half the error of the usual 0, ±1, ±2, and all constants of Bᵀ and Aᵀ are exact.</summary>
internal readonly unsafe struct Filter4x3 : IFilter
{
    private const float A = 5f / 8, A2 = A * A, A3 = A2 * A;
    private const float B = 3f / 2, B2 = B * B, B3 = B2 * B;
    private const double GA = 1 / (2.0 * A2 * (A2 - B2)), GB = 1 / (2.0 * B2 * (B2 - A2));

    public static int Outputs => 4;

    public static int Taps => 3;

    public static int Points => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector d0 = TSimd.Load(from), d1 = TSimd.Load(from + step), d2 = TSimd.Load(from + (2 * step));
        TVector d3 = TSimd.Load(from + (3 * step)), d4 = TSimd.Load(from + (4 * step)), d5 = TSimd.Load(from + (5 * step));

        // The rows of ±a (and ±b) are an even part plus or minus an odd one.
        TVector aEven = TSimd.MultiplyAdd(TSimd.Create(-B2), d2, d4), aOdd = TSimd.MultiplyAdd(TSimd.Create(-B2), d1, d3);
        TVector bEven = TSimd.MultiplyAdd(TSimd.Create(-A2), d2, d4), bOdd = TSimd.MultiplyAdd(TSimd.Create(-A2), d1, d3);
        TSimd.Store(to, TSimd.MultiplyAdd(TSimd.Create(A2 * B2), d0, TSimd.MultiplyAdd(TSimd.Create(-(A2 + B2)), d2, d4)));
        TSimd.Store(to + toStep, TSimd.MultiplyAdd(TSimd.Create(A), aOdd, aEven));
        TSimd.Store(to + (2 * toStep), TSimd.MultiplyAdd(TSimd.Create(-A), aOdd, aEven));
        TSimd.Store(to + (3 * toStep), TSimd.MultiplyAdd(TSimd.Create(B), bOdd, bEven));
        TSimd.Store(to + (4 * toStep), TSimd.MultiplyAdd(TSimd.Create(-B), bOdd, bEven));
        TSimd.Store(to + (5 * toStep), TSimd.MultiplyAdd(TSimd.Create(A2 * B2), d1, TSimd.MultiplyAdd(TSimd.Create(-(A2 + B2)), d3, d5)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weight<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector w0 = TSimd.Load(from), w1 = TSimd.Load(from + step), w2 = TSimd.Load(from + (2 * step));
        TVector aEven = TSimd.MultiplyAdd(TSimd.Create((float)(GA * A2)), w2, TSimd.Multiply(TSimd.Create((float)GA), w0));
        TVector bEven = TSimd.MultiplyAdd(TSimd.Create((float)(GB * B2)), w2, TSimd.Multiply(TSimd.Create((float)GB), w0));
        TSimd.Store(to, TSimd.Multiply(TSimd.Create((float)(1 / ((double)A2 * B2))), w0));
        TSimd.Store(to + toStep, TSimd.MultiplyAdd(TSimd.Create((float)(GA * A)), w1, aEven));
        TSimd.Store(to + (2 * toStep), TSimd.MultiplyAdd(TSimd.Create((float)(-GA * A)), w1, aEven));
        TSimd.Store(to + (3 * toStep), TSimd.MultiplyAdd(TSimd.Create((float)(GB * B)), w1, bEven));
        TSimd.Store(to + (4 * toStep), TSimd.MultiplyAdd(TSimd.Create((float)(-GB * B)), w1, bEven));
        TSimd.Store(to + (5 * toStep), w2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector m1 = TSimd.Load(from + step), m2 = TSimd.Load(from + (2 * step));
        TVector m3 = TSimd.Load(from + (3 * step)), m4 = TSimd.Load(from + (4 * step));
        TVector aSum = TSimd.Add(m1, m2), aDifference = TSimd.Subtract(m1, m2);
        TVector bSum = TSimd.Add(m3, m4), bDifference = TSimd.Subtract(m3, m4);
        TSimd.Store(to, TSimd.Add(TSimd.Add(TSimd.Load(from), aSum), bSum));
        TSimd.Store(to + toStep, TSimd.MultiplyAdd(TSimd.Create(A), aDifference, TSimd.Multiply(TSimd.Create(B), bDifference)));
        TSimd.Store(to + (2 * toStep), TSimd.MultiplyAdd(TSimd.Create(A2), aSum, TSimd.Multiply(TSimd.Create(B2), bSum)));
        TSimd.Store(to + (3 * toStep), TSimd.MultiplyAdd(TSimd.Create(A3), aDifference, TSimd.MultiplyAdd(TSimd.Create(B3), bDifference, TSimd.Load(from + (5 * step)))));
    }
}
