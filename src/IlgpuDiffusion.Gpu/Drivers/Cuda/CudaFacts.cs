using System.Diagnostics;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>What CUDA's driver says of a device and of kernels.</summary>
internal static class CudaFacts
{
    // Numbers of cuda.h: of devices and of functions.
    private const int Clock = 13, MemoryClock = 36, BusWidth = 37, L2 = 38;
    private const int Items = 0, SharedBytes = 1, LocalBytes = 3, Registers = 4;

    /// <summary>The device in words.</summary>
    public static IEnumerable<(string Name, string Text)> Of(CudaAccelerator cuda)
    {
        int device = cuda.Device.DeviceId;
        yield return ("compute capability", $"{cuda.Architecture.Major}.{cuda.Architecture.Minor}");
        yield return ("driver", $"CUDA {cuda.DriverVersion}");
        yield return ("PTX", $"{cuda.InstructionSet}");
        yield return ("highest clocks", $"{CudaDriver.DeviceAttribute(Clock, device) / 1000} MHz, memory {CudaDriver.DeviceAttribute(MemoryClock, device) / 1000} MHz at {CudaDriver.DeviceAttribute(BusWidth, device)} bits");
        yield return ("L2", $"{CudaDriver.DeviceAttribute(L2, device) >> 20} MiB");
        yield return ("shared memory of a group", $"{CudaDriver.SharedBytes(cuda) >> 10} KiB");
    }

    /// <summary>What a loaded kernel needs.</summary>
    public static KernelNeeds NeedsOf(CudaKernel kernel)
    {
        kernel.Accelerator.Bind();
        nint function = kernel.FunctionPtr;
        return new KernelNeeds(CudaDriver.FunctionAttribute(Registers, function), CudaDriver.FunctionAttribute(LocalBytes, function), CudaDriver.FunctionAttribute(SharedBytes, function), CudaDriver.FunctionAttribute(Items, function));
    }

    /// <summary>Compiles a kernel for tensor cores and has the driver translate it.</summary>
    public static KernelFact Compile(CudaAccelerator cuda, TensorKernel tensor)
    {
        long start = Stopwatch.GetTimestamp();
        CompiledKernel compiled = cuda.Backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(tensor.Method), tensor.Specialization);
        TimeSpan compiling = Stopwatch.GetElapsedTime(start);
        cuda.Bind();
        start = Stopwatch.GetTimestamp();
        using DriverLog log = new();
        try
        {
            using CudaKernel kernel = (CudaKernel)cuda.LoadKernel(compiled);
            return new KernelFact(tensor.Name, compiling, Stopwatch.GetElapsedTime(start), NeedsOf(kernel));
        }
        catch (CudaException e)
        {
            throw new NotSupportedException($"{e.Message}{log.Text}", e);
        }
    }
}
