using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>The device memory that a kernel may touch: the views that it is given, and nothing around them.</summary>
internal sealed unsafe class PtxMemory
{
    private const int Align = 256;

    private readonly List<(ulong From, ulong To)> _views = [];
    private readonly List<byte[]> _buffers = [];
    private (ulong From, ulong To) _last;

    /// <summary>A kernel's view of a copy of numbers: address and length.</summary>
    public byte[] View<T>(T[] numbers)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<T>(numbers);
        byte[] buffer = GC.AllocateArray<byte>(bytes.Length + Align, pinned: true);
        _buffers.Add(buffer);
        ulong address = (ulong)Unsafe.AsPointer(ref buffer[0]);
        address = (address + Align - 1) / Align * Align;
        bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
        Add(address, bytes.Length);
        return MemoryMarshal.AsBytes<ulong>([address, (ulong)numbers.Length]).ToArray();
    }

    /// <summary>Lets kernels touch bytes at an address, which somebody else keeps.</summary>
    public void Add(ulong address, long bytes) => _views.Add((address, address + (ulong)bytes));

    /// <summary>What lies in the memory of a view now.</summary>
    public T[] Read<T>(byte[] view)
        where T : unmanaged
    {
        ulong address = MemoryMarshal.Read<ulong>(view);
        (ulong from, ulong to) = _views.Find(known => known.From == address);
        return new ReadOnlySpan<T>((void*)from, (int)(to - from) / sizeof(T)).ToArray();
    }

    /// <summary>Bytes at an address.</summary>
    public Span<byte> At(ulong address, int count)
    {
        if (address < _last.From || address + (ulong)count > _last.To)
        {
            int known = _views.FindIndex(view => address >= view.From && address + (ulong)count <= view.To);
            _last = known >= 0 ? _views[known] : throw new InvalidOperationException("reads or writes outside of every view");
        }

        return new Span<byte>((void*)address, count);
    }
}
