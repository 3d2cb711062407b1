using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ILGPU.Running;

/// <summary>The group that a worker runs: where it is in the grid, and its shared memory.</summary>
internal sealed unsafe class GroupState : IDisposable
{
    /// <summary>What a CUDA kernel may have of its own, bytes.</summary>
    public const int MaxStatic = 48 << 10;

    /// <summary>What a launch on Hopper may ask for, bytes.</summary>
    public const int MaxDynamic = 227 << 10;

    private readonly byte* _static = (byte*)NativeMemory.AlignedAlloc(MaxStatic, 256);
    private readonly List<(int Offset, int Bytes)> _allocated = [];
    private byte* _dynamic;
    private int _dynamicBytes;

    public string Kernel { get; private set; } = "";

    public Index3D Index { get; private set; }

    public Index3D Grid { get; private set; }

    public Index3D Size { get; private set; }

    public int WarpSize { get; private set; }

    public void Begin(LoadedKernel kernel, in KernelConfig config, int warpSize)
    {
        Kernel = kernel.Name;
        Grid = config.GridDim;
        Size = config.GroupDim;
        WarpSize = warpSize;
        _dynamicBytes = (int)config.SharedMemoryConfig.Bytes;
        if (_dynamicBytes > 0 && _dynamic == null)
        {
            _dynamic = (byte*)NativeMemory.AlignedAlloc(MaxDynamic, 256);
        }
    }

    public void Enter(long group)
    {
        long plane = (long)Grid.X * Grid.Y;
        Index = new((int)(group % Grid.X), (int)(group % plane / Grid.X), (int)(group / plane));
        _allocated.Clear();
        if (_dynamicBytes > 0)
        {
            Unsafe.InitBlock(_dynamic, 0xff, (uint)_dynamicBytes);
        }
    }

    /// <summary>The shared memory of the ordinal-th allocation of every item.</summary>
    public ArrayView<T> Allocate<T>(int ordinal, int extent)
        where T : unmanaged
    {
        int bytes = checked(extent * sizeof(T));
        if (ordinal == _allocated.Count)
        {
            int at = ordinal == 0 ? 0 : (_allocated[^1].Offset + _allocated[^1].Bytes + 127) & ~127;
            if (at > MaxStatic - bytes)
            {
                throw Fault.Make($"more than {MaxStatic >> 10} KiB of static shared memory; ask for dynamic memory at the launch.");
            }

            _allocated.Add((at, bytes));
            Unsafe.InitBlock(_static + at, 0xff, (uint)bytes);
        }

        (int offset, int size) = _allocated[ordinal];
        return size == bytes
            ? new(null, (T*)(_static + offset), extent)
            : throw Fault.Make($"allocates {bytes} bytes of shared memory where another item allocated {size}.");
    }

    public ArrayView<T> Dynamic<T>()
        where T : unmanaged =>
        new(null, (T*)_dynamic, _dynamicBytes / sizeof(T));

    public void Dispose()
    {
        NativeMemory.AlignedFree(_static);
        NativeMemory.AlignedFree(_dynamic);
        _dynamic = null;
    }
}
