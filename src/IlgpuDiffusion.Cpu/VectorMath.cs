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

    /// <summary>2^t, relative error below 1e-7; 0 below −126.5 and +∞ above 127.5; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp2<TSimd, TVector>(TVector t)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        t = TSimd.Max(TSimd.Create(-127f), TSimd.Min(TSimd.Create(128f), t));
        TVector rounded = TSimd.Add(t, TSimd.Create(RoundToExponent));
        TVector f = TSimd.Subtract(t, TSimd.Subtract(rounded, TSimd.Create(RoundToExponent)));

        // Minimax on [-1/2, 1/2] of relative error 2e-9, the constant term fixed at 1 so that whole powers are exact.
        TVector p = TSimd.MultiplyAdd(f, TSimd.Create(0.00015353361959569156f), TSimd.Create(0.0013398875016719103f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.00961843691766262f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.055503323674201965f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.24022647738456726f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.6931471824645996f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(1f));
        return TSimd.Multiply(p, TSimd.ShiftToExponent(rounded));
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
        => SigmoidProduct<TSimd, TVector>(x, -Log2E);

    /// <summary>x·sigmoid(1.702·x), the approximation that CLIP ViT-L was trained with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector QuickGelu<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => SigmoidProduct<TSimd, TVector>(x, -1.702f * Log2E);

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
    private static TVector SigmoidProduct<TSimd, TVector>(TVector x, float scale)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // 2^126 is the largest power whose reciprocal is still a normal number.
        TVector power = Exp2<TSimd, TVector>(TSimd.Min(TSimd.Create(126f), TSimd.Multiply(x, TSimd.Create(scale))));
        return TSimd.Divide(x, TSimd.Add(TSimd.Create(1f), power));
    }
}
