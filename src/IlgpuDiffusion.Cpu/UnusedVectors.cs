using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace IlgpuDiffusion.Cpu;

/// <summary>Vectors that the processor has and the program leaves out: what was compiled ahead of time uses those that it was compiled for.</summary>
internal static class UnusedVectors
{
    // CPUID leaf 1, ECX: the system saves the registers of wide vectors. Leaf 7, EBX.
    private const int SystemSaves = 1 << 27;
    private const int Avx2Bit = 1 << 5;
    private const int Avx512FBit = 1 << 16;
    private const int Avx512BWBit = 1 << 30;

    /// <summary>A sentence about them, or null where there are none.</summary>
    public static string? Warning { get; } = X86Base.IsSupported ? Describe(Simd.Level, Has(), RuntimeFeature.IsDynamicCodeSupported) : null;

    /// <summary>The sentence.</summary>
    /// <param name="used">The vectors that are used.</param>
    /// <param name="has">The widest that the processor has.</param>
    /// <param name="compiles">Whether the runtime compiles for the processor at hand.</param>
    internal static string? Describe(SimdLevel used, SimdLevel has, bool compiles)
    {
        if (used >= has)
        {
            return null;
        }

        string uses = used == SimdLevel.Scalar ? "none" : $"{Bits(used)}-bit ones";
        string loss = used < SimdLevel.Vector256 ? "several times slower" : "up to half as fast";
        string remedy = compiles
            ? "they are switched off (environment variables DOTNET_EnableAVX2, DOTNET_EnableAVX512 and their like)."
            : $"it was compiled ahead of time for older ones. Set IlcInstructionSet in its project to {(has == SimdLevel.Vector512 ? "x86-64-v4" : "x86-64-v3")}, or to native for this machine alone.";
        return $"The processor has {Bits(has)}-bit vectors, but this program uses {uses} and is {loss}: {remedy}";
    }

    private static SimdLevel Has()
    {
        if (X86Base.CpuId(0, 0).Eax < 7 || (X86Base.CpuId(1, 0).Ecx & SystemSaves) == 0)
        {
            return Simd.Level;
        }

        int features = X86Base.CpuId(7, 0).Ebx;
        return (features & Avx512FBit) != 0 && (features & Avx512BWBit) != 0 ? SimdLevel.Vector512
            : (features & Avx2Bit) != 0 ? SimdLevel.Vector256
            : Simd.Level;
    }

    private static int Bits(SimdLevel level) => level switch
    {
        SimdLevel.Vector512 => 512,
        SimdLevel.Vector256 => 256,
        _ => 128,
    };
}
