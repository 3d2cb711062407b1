using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>Buffers of device memory, far from one another.</summary>
internal sealed class PtxMemory
{
    private const ulong Base = 0x7f00_0000_0000;
    private const int Apart = 36;
    private readonly List<byte[]> _buffers = [];

    /// <summary>A kernel's view of a copy of numbers: address and length.</summary>
    public byte[] View<T>(T[] numbers)
        where T : unmanaged
    {
        byte[] buffer = MemoryMarshal.AsBytes<T>(numbers).ToArray();
        _buffers.Add(buffer);
        return MemoryMarshal.AsBytes<ulong>([Base + ((ulong)_buffers.Count << Apart), (ulong)numbers.Length]).ToArray();
    }

    /// <summary>What lies in the buffer of a view now.</summary>
    public T[] Read<T>(byte[] view)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(_buffers[(int)((MemoryMarshal.Read<ulong>(view) - Base) >> Apart) - 1]).ToArray();

    /// <summary>Bytes at an address.</summary>
    public Span<byte> At(ulong address, int count)
    {
        ulong number = (address - Base) >> Apart, offset = (address - Base) & ((1UL << Apart) - 1);
        if (number < 1 || number > (ulong)_buffers.Count || offset + (ulong)count > (ulong)_buffers[(int)number - 1].Length)
        {
            throw new InvalidOperationException("reads or writes outside of every buffer");
        }

        return _buffers[(int)number - 1].AsSpan((int)offset, count);
    }
}
