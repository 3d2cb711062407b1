namespace ILGPU.Runtime.CPU;

/// <summary>A device on the CPU with a GPU's limits: 48 KiB of shared memory, 65535 groups along Y and Z.</summary>
public sealed class CPUDevice : Device
{
    /// <summary>Groups of up to 16 in warps of 4.</summary>
    public static readonly CPUDevice Default = new(4, 4, 1);

    /// <summary>Groups of up to 1024 in warps of 32.</summary>
    public static readonly CPUDevice Nvidia = new(32, 32, 1);

    public CPUDevice(int numThreadsPerWarp, int numWarpsPerMultiprocessor, int numMultiprocessors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numThreadsPerWarp, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(numWarpsPerMultiprocessor, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(numMultiprocessors, 1);
        AcceleratorType = AcceleratorType.CPU;
        Name = "CPU (ILGPU subset)";
        MemorySize = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        WarpSize = numThreadsPerWarp;
        NumMultiprocessors = numMultiprocessors;
        MaxNumThreadsPerGroup = Math.Min(1024, numThreadsPerWarp * numWarpsPerMultiprocessor);
        MaxGroupSize = new(MaxNumThreadsPerGroup, MaxNumThreadsPerGroup, Math.Min(64, MaxNumThreadsPerGroup));
        MaxGridSize = new(int.MaxValue, ushort.MaxValue, ushort.MaxValue);
        MaxSharedMemoryPerGroup = 48 << 10;
    }

    public override Accelerator CreateAccelerator(Context context) => CreateCPUAccelerator(context, CPUAcceleratorMode.Auto);

    public CPUAccelerator CreateCPUAccelerator(Context context, CPUAcceleratorMode mode) => new(context, this);
}
