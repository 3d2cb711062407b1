namespace ILGPU;

/// <summary>How many groups of how many items a launch has, and how much dynamic shared memory each group.</summary>
public readonly struct KernelConfig
{
    public KernelConfig(Index1D gridDim, Index1D groupDim)
        : this(gridDim, groupDim, SharedMemoryConfig.Empty)
    {
    }

    public KernelConfig(Index1D gridDim, Index1D groupDim, SharedMemoryConfig sharedMemoryConfig)
        : this(new Index3D(gridDim, 1, 1), new Index3D(groupDim, 1, 1), sharedMemoryConfig)
    {
    }

    public KernelConfig(Index2D gridDim, Index2D groupDim)
        : this(new Index3D(gridDim.X, gridDim.Y, 1), new Index3D(groupDim.X, groupDim.Y, 1))
    {
    }

    public KernelConfig(Index3D gridDim, Index3D groupDim)
        : this(gridDim, groupDim, SharedMemoryConfig.Empty)
    {
    }

    public KernelConfig(Index3D gridDim, Index3D groupDim, SharedMemoryConfig sharedMemoryConfig)
    {
        GridDim = gridDim;
        GroupDim = groupDim;
        SharedMemoryConfig = sharedMemoryConfig;
    }

    public Index3D GridDim { get; }

    public Index3D GroupDim { get; }

    public SharedMemoryConfig SharedMemoryConfig { get; }

    public static implicit operator KernelConfig((Index1D GridDim, Index1D GroupDim) dimensions) => new(dimensions.GridDim, dimensions.GroupDim);

    public static implicit operator KernelConfig((Index2D GridDim, Index2D GroupDim) dimensions) => new(dimensions.GridDim, dimensions.GroupDim);

    public static implicit operator KernelConfig((Index3D GridDim, Index3D GroupDim) dimensions) => new(dimensions.GridDim, dimensions.GroupDim);
}
