using System.Reflection;
using ILGPU.Running;

namespace ILGPU.Runtime;

/// <summary>A device at work: its memory and its kernels.</summary>
public abstract class Accelerator : IDisposable
{
    internal Accelerator(Context context, Device device)
    {
        Context = context;
        Device = device;
        DefaultStream = new AcceleratorStream.Immediate(this);
        Launcher = new(device);
    }

    public Context Context { get; }

    public Device Device { get; }

    public AcceleratorStream DefaultStream { get; }

    public AcceleratorType AcceleratorType => Device.AcceleratorType;

    public string Name => Device.Name;

    public long MemorySize => Device.MemorySize;

    public Index3D MaxGridSize => Device.MaxGridSize;

    public Index3D MaxGroupSize => Device.MaxGroupSize;

    public int MaxNumThreadsPerGroup => Device.MaxNumThreadsPerGroup;

    public int MaxSharedMemoryPerGroup => Device.MaxSharedMemoryPerGroup;

    public int WarpSize => Device.WarpSize;

    public int NumMultiprocessors => Device.NumMultiprocessors;

    internal Launcher Launcher { get; }

    public AcceleratorStream CreateStream() => new AcceleratorStream.Immediate(this);

    public void Synchronize()
    {
    }

    public MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(long length)
        where T : unmanaged =>
        new(this, length);

    public Kernel LoadKernel(MethodInfo method, KernelSpecialization specialization) => new(this, method, specialization);

    public void Dispose() => Launcher.Dispose();

    public override string ToString() => Name;
}
