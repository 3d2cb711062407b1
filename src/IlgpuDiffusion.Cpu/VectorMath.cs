using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Elementary functions of one vector, in single precision, from additions, multiplications and shifts alone:
/// all widths with a fused multiply-add give the same bits.
/// </summary>
internal static class VectorMath
{
    private const float Log2E = 1.44269504088896341f;

    /// <summary>1.5·2²³ + 127: adding it rounds to an integer and leaves integer + 127, an exponent field, in the low bits.</summary>
    private const float RoundToExponent = 12583039f;

    // Minimax on [-1/2, 1/2] of relative error 2e-9, the constant term fixed at 1 so that whole powers are exact.
    private const float P6 = 0.00015353361959569156f;
    private const float P5 = 0.0013398875016719103f;
    private const float P4 = 0.00961843691766262f;
    private const float P3 = 0.055503323674201965f;
    private const float P2 = 0.24022647738456726f;
    private const float P1 = 0.6931471824645996f;

    /// <summary>Floats of what <see cref="Exp2Constants"/> writes.</summary>
    public const int Exp2ConstantCount = 9;

    /// <summary>The lowest exponent, what rounds, and the polynomial from the highest term to the constant one.</summary>
    /// <remarks>
    /// The JIT takes a vector of a literal from memory wherever it is used, which makes a loop of exponentials wait for loads; what a loop has
    /// loaded from here before it begins stays in registers.
    /// </remarks>
    public static unsafe void Exp2Constants(float* to) =>
        (to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7], to[8]) = (-127f, RoundToExponent, P6, P5, P4, P3, P2, P1, 1f);

    /// <summary><see cref="Exp2{TSimd, TVector}(TVector)"/> of t ≤ 0, with the vectors of <see cref="Exp2Constants"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp2<TSimd, TVector>(TVector t, TVector lowest, TVector round, TVector p6, TVector p5, TVector p4, TVector p3, TVector p2, TVector p1, TVector one)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        t = TSimd.Max(lowest, t);
        TVector rounded = TSimd.Add(t, round);
        TVector f = TSimd.Subtract(t, TSimd.Subtract(rounded, round));
        TVector p = TSimd.MultiplyAdd(f, p6, p5);
        p = TSimd.MultiplyAdd(p, f, p4);
        p = TSimd.MultiplyAdd(p, f, p3);
        p = TSimd.MultiplyAdd(p, f, p2);
        p = TSimd.MultiplyAdd(p, f, p1);
        p = TSimd.MultiplyAdd(p, f, one);
        return TSimd.Multiply(p, TSimd.ShiftToExponent(rounded));
    }

    /// <summary>2^t, relative error below 1e-7; 0 below −126.5 and +∞ above 127.5; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp2<TSimd, TVector>(TVector t)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        t = TSimd.Min(TSimd.Create(128f), t);
        return Exp2<TSimd, TVector>(
            t, TSimd.Create(-127f), TSimd.Create(RoundToExponent), TSimd.Create(P6), TSimd.Create(P5), TSimd.Create(P4), TSimd.Create(P3), TSimd.Create(P2), TSimd.Create(P1), TSimd.Create(1f));
    }

    /// <summary>e^x; the relative error grows with |x| as that of the product x·log₂e, 6e-8·|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => Exp2<TSimd, TVector>(TSimd.Multiply(x, TSimd.Create(Log2E)));

    /// <summary>x·sigmoid(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Silu<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => SigmoidProduct<TSimd, TVector>(x, TSimd.Multiply(x, TSimd.Create(-Log2E)));

    /// <summary>x·sigmoid(1.702·x), the approximation that CLIP ViT-L was trained with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector QuickGelu<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => SigmoidProduct<TSimd, TVector>(x, TSimd.Multiply(x, TSimd.Create(-1.702f * Log2E)));

    /// <summary>x·sigmoid(2√(2/π)·(x + 0.044715x³)), which is GELU's form with the hyperbolic tangent; absolute error below 4e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluTanh<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        const float First = -2 * 0.79788456080286536f * Log2E, Third = First * 0.044715f;
        return SigmoidProduct<TSimd, TVector>(x, TSimd.Multiply(x, TSimd.MultiplyAdd(TSimd.Multiply(x, x), TSimd.Create(Third), TSimd.Create(First))));
    }

    /// <summary>x·Φ(x) with the exact error function; absolute error below 3e-7.</summary>
    /// <remarks>erfc(z) = e^(−z²)·P(1/(1 + 0.4z)), the form of Abramowitz and Stegun 7.1.26 with a refitted polynomial of degree 6.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gelu<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector magnitude = TSimd.Abs(x);
        TVector t = TSimd.Divide(TSimd.Create(1f), TSimd.MultiplyAdd(magnitude, TSimd.Create(0.4f * 0.70710678118654752f), TSimd.Create(1f)));
        TVector gauss = Exp2<TSimd, TVector>(TSimd.Multiply(TSimd.Multiply(x, x), TSimd.Create(-0.5f * Log2E)));
        TVector p = TSimd.MultiplyAdd(t, TSimd.Create(-0.205564484000206f), TSimd.Create(0.7306820750236511f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Create(-0.4056429862976074f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Create(0.4960970878601074f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Create(0.15075868368148804f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Create(0.2336694896221161f));
        TVector upperTail = TSimd.Multiply(TSimd.Multiply(TSimd.Multiply(p, t), gauss), TSimd.Create(0.5f));

        // x·Φ(x) = max(x, 0) − |x|·Φ(−|x|); the constants stand first so that NaN stays. The tail is 0 long before 64, and 0·∞ would be no number.
        return TSimd.Subtract(TSimd.Max(TSimd.Create(0f), x), TSimd.Multiply(TSimd.Min(TSimd.Create(64f), magnitude), upperTail));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SigmoidProduct<TSimd, TVector>(TVector x, TVector exponent)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // 2^126 is the largest power whose reciprocal is still a normal number.
        TVector power = Exp2<TSimd, TVector>(TSimd.Min(TSimd.Create(126f), exponent));
        return TSimd.Divide(x, TSimd.Add(TSimd.Create(1f), power));
    }
}
