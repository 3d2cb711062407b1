using System.Runtime.InteropServices;
using ILGPU.Running;

namespace ILGPU.Runtime;

/// <summary>Device memory: 256-byte aligned, and filled with NaN patterns before its first use, since a GPU's memory holds anything.</summary>
public abstract unsafe class MemoryBuffer : AcceleratorObject
{
    private const long Poisoned = 64L << 20;
    private byte* _memory;

    internal MemoryBuffer(Accelerator accelerator, long length, int elementSize)
        : base(accelerator)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        ElementSize = elementSize;
        nuint bytes = checked((nuint)(length * elementSize));
        _memory = (byte*)NativeMemory.AlignedAlloc(Math.Max(bytes, 1), 256);
        NativeMemory.Fill(_memory, (nuint)Math.Min((long)bytes, Poisoned), 0xff);
        GC.AddMemoryPressure(Math.Max(1, LengthInBytes));
    }

    ~MemoryBuffer() => Free();

    public long Length { get; }

    public int ElementSize { get; }

    public long LengthInBytes => Length * ElementSize;

    public IntPtr NativePtr => (IntPtr)Memory;

    internal bool IsDisposed => _memory == null;

    private byte* Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == null, this);
            return _memory;
        }
    }

    public virtual ArrayView<byte> AsRawArrayView() => new(this, Memory, LengthInBytes);

    public ArrayView<byte> AsRawArrayView(long offsetInBytes, long lengthInBytes) => AsRawArrayView().SubView(offsetInBytes, lengthInBytes);

    public ArrayView<T> AsArrayView<T>(long offset, long length)
        where T : unmanaged =>
        sizeof(T) == ElementSize
            ? new ArrayView<T>(this, (T*)Memory, Length).SubView(offset, length)
            : throw new NotSupportedException($"A buffer of elements of {ElementSize} bytes is not one of {typeof(T).Name}; cast its view.");

    public virtual void MemSet(AcceleratorStream stream, byte value, long targetOffsetInBytes, long length)
    {
        ArrayView<byte> target = AsRawArrayView(targetOffsetInBytes, length);
        NativeMemory.Fill(target.Pointer, (nuint)length, value);
    }

    public void CopyTo(AcceleratorStream stream, long sourceOffsetInBytes, in ArrayView<byte> targetView) =>
        Copying.Copy(AsRawArrayView(sourceOffsetInBytes, targetView.Length), targetView);

    public void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, long targetOffsetInBytes) =>
        Copying.Copy(sourceView, AsRawArrayView(targetOffsetInBytes, sourceView.Length));

    private protected override void DisposeObject()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory != null)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            GC.RemoveMemoryPressure(Math.Max(1, LengthInBytes));
        }
    }
}

/// <summary>Device memory with a view of its own.</summary>
public class MemoryBuffer<TView> : MemoryBuffer
    where TView : struct, IArrayView
{
    private readonly TView _view;

    internal MemoryBuffer(Accelerator accelerator, long length, int elementSize, Func<MemoryBuffer, TView> view)
        : base(accelerator, length, elementSize)
    {
        _view = view(this);
    }

    public bool IsValid => !IsDisposed;

    public TView View
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _view;
        }
    }
}

/// <summary>Device memory of a number of elements.</summary>
public class MemoryBuffer1D<T, TStride> : MemoryBuffer<ArrayView1D<T, TStride>>
    where T : unmanaged
    where TStride : struct, IStride1D
{
    internal unsafe MemoryBuffer1D(Accelerator accelerator, long length)
        : base(accelerator, length, sizeof(T), buffer => new(new ArrayView<T>(buffer, (T*)buffer.NativePtr, length)))
    {
    }
}
