namespace IlgpuDiffusion.Cpu;

/// <summary>
/// One vector width as a type argument: a kernel written once over <typeparamref name="TVector"/> is compiled for each width.
/// Every member is one or a few instructions and is inlined; no member's result depends on the width.
/// </summary>
/// <typeparam name="TVector">A vector of <see cref="Width"/> floats.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    static abstract int Width { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(float* from);

    static abstract void Store(float* to, TVector value);

    /// <summary>Widens IEEE half-precision values, subnormals, infinities and NaNs included.</summary>
    static abstract TVector LoadHalf(ushort* from);

    /// <summary>Widens bfloat16 values.</summary>
    static abstract TVector LoadBFloat16(ushort* from);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a·b + c, rounded once where <see cref="Simd.Fused"/>.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The larger one; <paramref name="b"/> where either is NaN.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller one; <paramref name="b"/> where either is NaN.</summary>
    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Abs(TVector a);

    static abstract TVector Sqrt(TVector a);

    /// <summary>The bits of each float shifted left by 23: turns an integer in the low mantissa bits into a power of two.</summary>
    static abstract TVector ShiftToExponent(TVector a);
}
