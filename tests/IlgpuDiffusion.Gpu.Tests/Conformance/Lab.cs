using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using IlgpuDiffusion.Gpu.Tests.Watching;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>An accelerator to try kernels on: on the processor with warps of 32, or the device that the environment names.</summary>
internal sealed class Lab : IDisposable
{
    private readonly IDisposable _owner;

    public Lab()
    {
        if (TestDevice.Kind == GpuKind.IlgpuCpu)
        {
            // As many threads as the largest group of a test: each is one of the system's.
            Context context = Context.Create(builder => builder.CPU(new CPUDevice(32, 8, 1)));
            (_owner, Accelerator) = (context, context.Devices[0].CreateAccelerator(context));
        }
        else
        {
            GpuDevice device = TestDevice.Open();
            (_owner, Accelerator) = (device, device.Host.Accelerator);
        }
    }

    public Accelerator Accelerator { get; }

    public AcceleratorStream Stream => Accelerator.DefaultStream;

    /// <summary>Fills a buffer of numbers by a kernel and reads it back.</summary>
    public T[] Fill<T>(Action<ArrayView<T>> kernel, KernelConfig config, T[] initial)
        where T : unmanaged
    {
        using MemoryBuffer1D<T, Stride1D.Dense> buffer = Accelerator.Allocate1D(initial);
        Action<AcceleratorStream, KernelConfig, ArrayView<T>> launcher = Accelerator.LoadKernel(kernel);
        TestHost.Run(kernel.Method, () => launcher(Stream, config, buffer.View));
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
        Action<AcceleratorStream, KernelConfig, ArrayView<TIn>, ArrayView<TOut>> launcher = Accelerator.LoadKernel(kernel);
        TestHost.Run(kernel.Method, () => launcher(Stream, config, source.View, target.View));
        Accelerator.Synchronize();
        return target.GetAsArray1D();
    }

    public void Dispose()
    {
        if (_owner is Context)
        {
            Accelerator.Dispose();
        }

        _owner.Dispose();
    }
}
