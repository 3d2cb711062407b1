using System.Runtime.CompilerServices;
using ILGPU.IR.Intrinsics;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Instructions of NVIDIA's PTX (sm_80 and later) as methods. ILGPU never reads the bodies.</summary>
internal static class Ptx
{
    private const MethodImplOptions Call = MethodImplOptions.NoInlining;

    /// <summary>bfloat16 m16n8k16.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {$r0,$r1,$r2,$r3}, {$4,$5,$6,$7}, {$8,$9}, {$0,$1,$2,$3};")]
    public static F4 MultiplyAddBFloat(F4 c, U4 a, uint b0, uint b1) => throw Elsewhere();

    /// <summary>Half m16n8k16.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {$r0,$r1,$r2,$r3}, {$4,$5,$6,$7}, {$8,$9}, {$0,$1,$2,$3};")]
    public static F4 MultiplyAddHalf(F4 c, U4 a, uint b0, uint b1) => throw Elsewhere();

    /// <summary>Four 8×8 matrices; the distance must be a constant.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {$r0,$r1,$r2,$r3}, [$s0+$1];")]
    public static U4 Matrices(ref U4 row, int bytesFurther) => throw Elsewhere();

    /// <summary>Four 8×8 matrices, each transposed.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {$r0,$r1,$r2,$r3}, [$s0+$1];")]
    public static U4 Transposed(ref U4 row, int bytesFurther) => throw Elsewhere();

    /// <summary>Copies 16 bytes, those from the given number on zeros, past the L1 cache; the distance must be a constant.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("cp.async.cg.shared.global.L2::128B [$s0+$3], [$1], 16, $2;")]
    public static void Copy(ref U4 to, ref U4 from, int bytes, int bytesFurther) => throw Elsewhere();

    /// <summary>Ends a batch of copies.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("cp.async.commit_group;")]
    public static void EndBatch() => throw Elsewhere();

    /// <summary>Waits for all batches but one.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("cp.async.wait_group 1;")]
    public static void AwaitAllButOne() => throw Elsewhere();

    /// <summary>Waits for all batches.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("cp.async.wait_group 0;")]
    public static void AwaitAll() => throw Elsewhere();

    /// <summary>Two numbers as bfloat16.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("cvt.rn.bf16x2.f32 $r0, $1, $0;")]
    public static uint PackBFloat(float low, float high) => throw Elsewhere();

    /// <summary>Two numbers as halves.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("cvt.rn.f16x2.f32 $r0, $1, $0;")]
    public static uint PackHalf(float low, float high) => throw Elsewhere();

    /// <summary>a · b + c, rounded once.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("fma.rn.f32 $r0, $0, $1, $2;")]
    public static float MultiplyAdd(float a, float b, float c) => throw Elsewhere();

    /// <summary>2^x.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("ex2.approx.ftz.f32 $r0, $0;")]
    public static float Exp2(float x) => throw Elsewhere();

    /// <summary>1/x.</summary>
    [IntrinsicImplementation, MethodImpl(Call), Ptx("rcp.approx.ftz.f32 $r0, $0;")]
    public static float Reciprocal(float x) => throw Elsewhere();

    private static NotSupportedException Elsewhere() => new("An instruction of NVIDIA's GPUs on another processor.");
}
