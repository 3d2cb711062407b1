using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ILGPU.Running;

/// <summary>One item of a group: where it is, its local memory, and how it meets the others.</summary>
internal unsafe class Item : IDisposable
{
    // What CUDA allows a thread.
    private const int LocalBytes = 512 << 10;

    [ThreadStatic]
    private static Item? _current;

    private byte* _local;
    private int _localUsed;
    private int _sharedCount;
    private bool _hasDynamic;

    public static Item Current => _current ?? throw new InvalidOperationException("Grid, Group, Warp, SharedMemory and LocalMemory are for kernels.");

    /// <summary>Kernel, group and item that runs on this thread, as the beginning of a message.</summary>
    public static string Where => _current is { } item
        ? $"Kernel {item.Group.Kernel}, group {item.Group.Index}, item {new Index3D(item.X, item.Y, item.Z)}: "
        : "";

    public int X { get; private set; }

    public int Y { get; private set; }

    public int Z { get; private set; }

    public int Linear { get; private set; }

    public required GroupState Group { get; init; }

    /// <summary>Makes this the item that runs on this thread.</summary>
    public void Enter() => _current = this;

    public static void Leave() => _current = null;

    public void Place(int x, int y, int z, int linear)
    {
        X = x;
        Y = y;
        Z = z;
        Linear = linear;
        _localUsed = 0;
        _sharedCount = 0;
        _hasDynamic = false;
    }

    public virtual int Barrier(bool predicate) => throw Alone();

    public virtual T Broadcast<T>(T value, int item)
        where T : unmanaged =>
        throw Alone();

    public virtual T Exchange<T>(T value, int lane, string name)
        where T : unmanaged =>
        throw Alone();

    public ArrayView<T> AllocateShared<T>(int extent)
        where T : unmanaged =>
        Group.Allocate<T>(_sharedCount++, extent);

    /// <summary>The launch's dynamic memory, given once: again it is the same on CUDA and other memory on ILGPU's CPU accelerator.</summary>
    public ArrayView<T> DynamicShared<T>()
        where T : unmanaged
    {
        if (_hasDynamic)
        {
            throw Fault.Make("asks for dynamic shared memory a second time, which gives the same memory on CUDA and other memory on ILGPU's CPU accelerator; pass on what the first call gave.");
        }

        _hasDynamic = true;
        return Group.Dynamic<T>();
    }

    public ArrayView<T> AllocateLocal<T>(int extent)
        where T : unmanaged
    {
        int bytes = checked(extent * sizeof(T));
        int at = (_localUsed + 15) & ~15;
        if (at > LocalBytes - bytes)
        {
            throw Fault.Make($"more than {LocalBytes >> 10} KiB of local memory.");
        }

        if (_local == null)
        {
            _local = (byte*)NativeMemory.AlignedAlloc(LocalBytes, 256);
        }

        _localUsed = at + bytes;
        Unsafe.InitBlock(_local + at, 0xff, (uint)bytes);
        return new(null, (T*)(_local + at), extent);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_local);
        _local = null;
        GC.SuppressFinalize(this);
    }

    private static KernelFaultException Alone() => Fault.Make("a meeting of items that was not seen in the kernel's code.");
}
