using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AdvSimd = System.Runtime.Intrinsics.Arm.AdvSimd;

namespace IlgpuDiffusion.Cpu;

/// <summary>Transposes square blocks of elements in registers, as a type argument.</summary>
internal unsafe interface ITranspose<T>
    where T : unmanaged
{
    /// <summary>Rows and columns of a block.</summary>
    static abstract int Side { get; }

    /// <summary>to[i][j] = from[j][offset + i].</summary>
    static abstract void Block(T** from, int offset, T** to);
}

/// <summary>Eight by eight bytes.</summary>
internal readonly unsafe struct Transpose8 : ITranspose<byte>
{
    public static int Side => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(byte** from, int offset, byte** to)
    {
        Vector128<ushort> a0 = Pair(from, 0, offset), a1 = Pair(from, 2, offset), a2 = Pair(from, 4, offset), a3 = Pair(from, 6, offset);
        Vector128<uint> b0 = Interleave.Low(a0, a1).AsUInt32(), b1 = Interleave.High(a0, a1).AsUInt32(), b2 = Interleave.Low(a2, a3).AsUInt32(), b3 = Interleave.High(a2, a3).AsUInt32();
        Columns(Interleave.Low(b0, b2), to, 0);
        Columns(Interleave.High(b0, b2), to, 2);
        Columns(Interleave.Low(b1, b3), to, 4);
        Columns(Interleave.High(b1, b3), to, 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Pair(byte** from, int row, int offset) =>
        Interleave.Low(Vector128.CreateScalarUnsafe(*(ulong*)(from[row] + offset)).AsByte(), Vector128.CreateScalarUnsafe(*(ulong*)(from[row + 1] + offset)).AsByte()).AsUInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(Vector128<uint> two, byte** to, int column)
    {
        *(ulong*)to[column] = two.AsUInt64().GetElement(0);
        *(ulong*)to[column + 1] = two.AsUInt64().GetElement(1);
    }
}

/// <summary>Eight by eight 16-bit elements.</summary>
internal readonly unsafe struct Transpose16 : ITranspose<ushort>
{
    public static int Side => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(ushort** from, int offset, ushort** to)
    {
        Vector128<ushort> r0 = Vector128.Load(from[0] + offset), r1 = Vector128.Load(from[1] + offset), r2 = Vector128.Load(from[2] + offset), r3 = Vector128.Load(from[3] + offset);
        Vector128<ushort> r4 = Vector128.Load(from[4] + offset), r5 = Vector128.Load(from[5] + offset), r6 = Vector128.Load(from[6] + offset), r7 = Vector128.Load(from[7] + offset);
        Vector128<uint> a0 = Interleave.Low(r0, r1).AsUInt32(), a1 = Interleave.High(r0, r1).AsUInt32(), a2 = Interleave.Low(r2, r3).AsUInt32(), a3 = Interleave.High(r2, r3).AsUInt32();
        Vector128<uint> a4 = Interleave.Low(r4, r5).AsUInt32(), a5 = Interleave.High(r4, r5).AsUInt32(), a6 = Interleave.Low(r6, r7).AsUInt32(), a7 = Interleave.High(r6, r7).AsUInt32();
        Vector128<ulong> b0 = Interleave.Low(a0, a2).AsUInt64(), b1 = Interleave.High(a0, a2).AsUInt64(), b2 = Interleave.Low(a1, a3).AsUInt64(), b3 = Interleave.High(a1, a3).AsUInt64();
        Vector128<ulong> b4 = Interleave.Low(a4, a6).AsUInt64(), b5 = Interleave.High(a4, a6).AsUInt64(), b6 = Interleave.Low(a5, a7).AsUInt64(), b7 = Interleave.High(a5, a7).AsUInt64();
        Interleave.Low(b0, b4).AsUInt16().Store(to[0]);
        Interleave.High(b0, b4).AsUInt16().Store(to[1]);
        Interleave.Low(b1, b5).AsUInt16().Store(to[2]);
        Interleave.High(b1, b5).AsUInt16().Store(to[3]);
        Interleave.Low(b2, b6).AsUInt16().Store(to[4]);
        Interleave.High(b2, b6).AsUInt16().Store(to[5]);
        Interleave.Low(b3, b7).AsUInt16().Store(to[6]);
        Interleave.High(b3, b7).AsUInt16().Store(to[7]);
    }
}

/// <summary>Four by four 32-bit elements.</summary>
internal readonly unsafe struct Transpose32 : ITranspose<float>
{
    public static int Side => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(float** from, int offset, float** to)
    {
        Vector128<uint> r0 = Vector128.Load((uint*)from[0] + offset), r1 = Vector128.Load((uint*)from[1] + offset), r2 = Vector128.Load((uint*)from[2] + offset), r3 = Vector128.Load((uint*)from[3] + offset);
        Vector128<ulong> a0 = Interleave.Low(r0, r1).AsUInt64(), a1 = Interleave.High(r0, r1).AsUInt64(), a2 = Interleave.Low(r2, r3).AsUInt64(), a3 = Interleave.High(r2, r3).AsUInt64();
        Interleave.Low(a0, a2).AsSingle().Store(to[0]);
        Interleave.High(a0, a2).AsSingle().Store(to[1]);
        Interleave.Low(a1, a3).AsSingle().Store(to[2]);
        Interleave.High(a1, a3).AsSingle().Store(to[3]);
    }
}

/// <summary>Elements of two vectors in turn, from their lower or upper halves.</summary>
internal static class Interleave
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Low(Vector128<byte> a, Vector128<byte> b) => Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> Low(Vector128<ushort> a, Vector128<ushort> b) => Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Low(Vector128<uint> a, Vector128<uint> b) => Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Low(Vector128<ulong> a, Vector128<ulong> b) => Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> High(Vector128<ushort> a, Vector128<ushort> b) => Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> High(Vector128<uint> a, Vector128<uint> b) => Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> High(Vector128<ulong> a, Vector128<ulong> b) => Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    /// <summary>Whether the machine has these instructions.</summary>
    public static bool IsSupported => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;
}
