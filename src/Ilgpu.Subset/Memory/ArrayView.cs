using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Running;
using ILGPU.Runtime;

namespace ILGPU;

/// <summary>A window on device, shared or local memory. Unlike on a GPU every access is checked against its bounds, and a cast to a wider element against its alignment.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly unsafe struct ArrayView<T> : IArrayView
    where T : unmanaged
{
    public static readonly int ElementSize = sizeof(T);
    public static readonly ArrayView<T> Empty = default;

    private readonly MemoryBuffer? _source;
    private readonly T* _pointer;
    private readonly long _length;

    internal ArrayView(MemoryBuffer? source, T* pointer, long length)
    {
        _source = source;
        _pointer = pointer;
        _length = length;
    }

    public bool IsValid => _pointer != null;

    public long Length => _length;

    public int IntLength => checked((int)_length);

    public long LengthInBytes => _length * sizeof(T);

    internal MemoryBuffer? Source => _source;

    internal T* Pointer => _pointer;

    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)(long)index >= (ulong)_length)
            {
                Fault.OutOfBounds(index, _length, typeof(T));
            }

            return ref _pointer[index];
        }
    }

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)_length)
            {
                Fault.OutOfBounds(index, _length, typeof(T));
            }

            return ref _pointer[index];
        }
    }

    public ref T this[Index1D index] => ref this[index.X];

    public static implicit operator ArrayView1D<T, Stride1D.Dense>(ArrayView<T> view) => new(view);

    public static implicit operator ArrayView<T>(ArrayView1D<T, Stride1D.Dense> view) => view.BaseView;

    public ArrayView<T> SubView(long index) => SubView(index, _length - index);

    public ArrayView<T> SubView(int index, int subViewLength) => SubView((long)index, subViewLength);

    public ArrayView<T> SubView(long index, long subViewLength)
    {
        if (index < 0 || subViewLength < 0 || index > _length - subViewLength)
        {
            Fault.SubViewOutOfBounds(index, subViewLength, _length, typeof(T));
        }

        return new(_source, _pointer + index, subViewLength);
    }

    public ArrayView<TOther> Cast<TOther>()
        where TOther : unmanaged
    {
        // A GPU reads a wide element in one access of up to 16 bytes, which faults at other addresses.
        long alignment = Math.Min(16, sizeof(TOther) & -sizeof(TOther));
        if (sizeof(TOther) > sizeof(T) && (long)_pointer % alignment != 0)
        {
            Fault.Misaligned(typeof(T), typeof(TOther), alignment);
        }

        return new(_source, (TOther*)_pointer, LengthInBytes / sizeof(TOther));
    }

    public override string ToString() => $"{typeof(T).Name}[{_length}]";
}
