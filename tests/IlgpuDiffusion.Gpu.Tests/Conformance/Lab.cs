using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>A CPU accelerator with warps of 32 to try kernels on: of ILGPU, or of the subset.</summary>
internal sealed class Lab : IDisposable
{
    private readonly Context _context;

    public Lab()
    {
        _context = Context.Create(builder => builder.CPU(CPUDevice.Nvidia));
        Accelerator = _context.Devices[0].CreateAccelerator(_context);
    }

    public Accelerator Accelerator { get; }

    public AcceleratorStream Stream => Accelerator.DefaultStream;

    /// <summary>Fills a buffer of numbers by a kernel and reads it back.</summary>
    public T[] Fill<T>(Action<ArrayView<T>> kernel, KernelConfig config, T[] initial)
        where T : unmanaged
    {
        using MemoryBuffer1D<T, Stride1D.Dense> buffer = Accelerator.Allocate1D(initial);
        Accelerator.LoadKernel(kernel)(Stream, config, buffer.View);
        Accelerator.Synchronize();
        return buffer.GetAsArray1D();
    }

    /// <summary>Makes numbers of others by a kernel.</summary>
    public TOut[] Map<TIn, TOut>(Action<ArrayView<TIn>, ArrayView<TOut>> kernel, KernelConfig config, TIn[] input, int count)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        using MemoryBuffer1D<TIn, Stride1D.Dense> source = Accelerator.Allocate1D(input);
        using MemoryBuffer1D<TOut, Stride1D.Dense> target = Accelerator.Allocate1D(new TOut[count]);
        Accelerator.LoadKernel(kernel)(Stream, config, source.View, target.View);
        Accelerator.Synchronize();
        return target.GetAsArray1D();
    }

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
