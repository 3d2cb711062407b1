using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>What happens to an input on its way into a strip, as a type argument.</summary>
internal unsafe interface IPrologue
{
    /// <summary>Maps some neighbouring channels of one pixel.</summary>
    /// <param name="x">The inputs.</param>
    /// <param name="scale">Their scales, or γ.</param>
    /// <param name="shift">Their shifts, or β.</param>
    /// <param name="mean">The pixel's mean over the channels.</param>
    /// <param name="deviation">The reciprocal of the pixel's standard deviation.</param>
    static abstract TVector Apply<TSimd, TVector>(TVector x, float* scale, float* shift, TVector mean, TVector deviation)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

/// <summary>Nothing.</summary>
internal readonly unsafe struct NoPrologue : IPrologue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TSimd, TVector>(TVector x, float* scale, float* shift, TVector mean, TVector deviation)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => x;
}

/// <summary>An applied group norm.</summary>
internal readonly unsafe struct ScaleShiftPrologue : IPrologue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TSimd, TVector>(TVector x, float* scale, float* shift, TVector mean, TVector deviation)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => TSimd.MultiplyAdd(x, TSimd.Load(scale), TSimd.Load(shift));
}

/// <summary>An applied group norm and SiLU.</summary>
internal readonly unsafe struct ScaleShiftSiluPrologue : IPrologue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TSimd, TVector>(TVector x, float* scale, float* shift, TVector mean, TVector deviation)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => VectorMath.Silu<TSimd, TVector>(TSimd.MultiplyAdd(x, TSimd.Load(scale), TSimd.Load(shift)));
}

/// <summary>A layer norm.</summary>
internal readonly unsafe struct LayerNormPrologue : IPrologue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TSimd, TVector>(TVector x, float* scale, float* shift, TVector mean, TVector deviation)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        => TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Subtract(x, mean), deviation), TSimd.Load(scale), TSimd.Load(shift));
}
