using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>Native memory with a guard behind it, and its place from base address 0.</summary>
internal sealed unsafe class NativeFloats : IDisposable
{
    private const byte Guard = 0xA5;
    private const int GuardBytes = 256;

    private readonly byte* _memory;
    private readonly long _bytes;

    public NativeFloats(long bytes)
    {
        _bytes = bytes;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + GuardBytes), 64);
        new Span<byte>(_memory, checked((int)bytes)).Fill(0xFF);
        new Span<byte>(_memory + bytes, GuardBytes).Fill(Guard);
    }

    public nint Address => (nint)_memory;

    public Span<byte> Bytes => new(_memory, checked((int)_bytes));

    public Span<float> Floats => new(_memory, (int)(_bytes / sizeof(float)));

    public Span<ushort> Words => new(_memory, (int)(_bytes / sizeof(ushort)));

    /// <summary>Pixels of <paramref name="channels"/> values, <paramref name="stride"/> apart; what lies between stays NaN.</summary>
    public static NativeFloats Rows(ReadOnlySpan<float> values, int channels, int stride)
    {
        int rows = values.Length / channels;
        NativeFloats memory = new((((long)rows * stride) - stride + channels) * sizeof(float));
        for (int i = 0; i < rows; i++)
        {
            values.Slice(i * channels, channels).CopyTo(memory.Floats[(i * stride)..]);
        }

        return memory;
    }

    public Place Place(int rowStride, ElementType type = ElementType.F32) => new(Space.Arena, (long)_memory, rowStride, type);

    public void AssertGuard() => Assert.IsFalse(new ReadOnlySpan<byte>(_memory + _bytes, GuardBytes).ContainsAnyExcept(Guard), "Wrote past the end.");

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
