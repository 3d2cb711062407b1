using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AdvSimd = System.Runtime.Intrinsics.Arm.AdvSimd;

namespace IlgpuDiffusion.Cpu;

/// <summary>The vector widths for which every kernel is instantiated.</summary>
internal enum SimdLevel
{
    Scalar,
    Vector128,
    Vector256,
    Vector512,
}

/// <summary>Chooses the width once: the conditions are constants to the JIT, so a dispatch on them costs nothing.</summary>
/// <remarks>
/// 512 bits are taken wherever the hardware has them: <c>Vector512.IsHardwareAccelerated</c> is false by default on several processors whose
/// 512-bit units the GEMM wants.
/// </remarks>
internal static class Simd
{
    /// <summary>Whether a multiply-add rounds once. All widths with it give the same bits; the ones without it give other bits.</summary>
    public static bool Fused => Fma.IsSupported || AdvSimd.IsSupported;

    public static SimdLevel Level =>
        Avx512F.IsSupported && Avx512BW.IsSupported ? SimdLevel.Vector512
        : Avx2.IsSupported && Fma.IsSupported ? SimdLevel.Vector256
        : Vector128.IsHardwareAccelerated ? SimdLevel.Vector128
        : SimdLevel.Scalar;
}
