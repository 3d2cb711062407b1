using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Runtime;

namespace ILGPU.Running;

/// <summary>Checked copies of bytes. A copy of another length than its view's, or from freed memory, is an error.</summary>
internal static unsafe class Copying
{
    public static void Copy<T>(ArrayView<T> source, ArrayView<T> target)
        where T : unmanaged
    {
        Same(source.Length, target.Length);
        Alive(source.Source);
        Alive(target.Source);
        Buffer.MemoryCopy(source.Pointer, target.Pointer, target.LengthInBytes, source.LengthInBytes);
    }

    public static void FromHost<T>(ArrayView<T> target, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        Same(data.Length, target.Length);
        Alive(target.Source);
        fixed (T* source = data)
        {
            Buffer.MemoryCopy(source, target.Pointer, target.LengthInBytes, target.LengthInBytes);
        }
    }

    public static void FromHost<T>(ArrayView<T> target, ref T data, long length)
        where T : unmanaged
    {
        Same(length, target.Length);
        Alive(target.Source);
        fixed (T* source = &data)
        {
            Buffer.MemoryCopy(source, target.Pointer, target.LengthInBytes, target.LengthInBytes);
        }
    }

    public static void ToHost<T>(ArrayView<T> source, Span<T> data)
        where T : unmanaged
    {
        Same(source.Length, data.Length);
        Alive(source.Source);
        fixed (T* target = data)
        {
            Buffer.MemoryCopy(source.Pointer, target, source.LengthInBytes, source.LengthInBytes);
        }
    }

    public static void ToHost<T>(ArrayView<T> source, ref T data, long length)
        where T : unmanaged
    {
        Same(source.Length, length);
        Alive(source.Source);
        fixed (T* target = &data)
        {
            Buffer.MemoryCopy(source.Pointer, target, source.LengthInBytes, source.LengthInBytes);
        }
    }

    public static void Fill<T>(ArrayView<T> view, byte value)
        where T : unmanaged
    {
        Alive(view.Source);
        NativeMemory.Fill(view.Pointer, (nuint)view.LengthInBytes, value);
    }

    private static void Alive(MemoryBuffer? buffer) => ObjectDisposedException.ThrowIf(buffer is { IsDisposed: true }, typeof(MemoryBuffer));

    private static void Same(long source, long target, [CallerMemberName] string name = "")
    {
        if (source != target)
        {
            throw new ArgumentException($"{name}: {source} elements do not fit a place for {target}.");
        }
    }
}
