namespace ILGPU.Runtime;

/// <summary>What kernels can run on.</summary>
public abstract class Device
{
    private protected Device()
    {
    }

    public AcceleratorType AcceleratorType { get; private protected init; }

    public string Name { get; private protected init; } = "";

    public long MemorySize { get; private protected init; }

    public Index3D MaxGridSize { get; private protected init; }

    public Index3D MaxGroupSize { get; private protected init; }

    public int MaxNumThreadsPerGroup { get; private protected init; }

    public int MaxSharedMemoryPerGroup { get; private protected init; }

    public int WarpSize { get; private protected init; }

    public int NumMultiprocessors { get; private protected init; }

    public abstract Accelerator CreateAccelerator(Context context);

    public override string ToString() => Name;
}
