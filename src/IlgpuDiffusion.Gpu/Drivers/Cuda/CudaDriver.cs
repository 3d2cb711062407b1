using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Calls of CUDA's driver that ILGPU does not make.</summary>
internal static partial class CudaDriver
{
    // Numbers of cuda.h: of a function, and of a device, the largest dynamic shared memory of a group where it is asked for; of a function, how many
    // hundredths of a multiprocessor's memory are shared memory while it runs, and not L1.
    private const int FunctionShared = 8, DeviceShared = 97, Carveout = 9, AllShared = 100;

    private const string Library = "cuda";

    static CudaDriver() => NativeLibrary.SetDllImportResolver(typeof(CudaDriver).Assembly, static (name, assembly, path) =>
        name == Library && NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", assembly, path, out nint library) ? library : 0);

    /// <summary>Allows launches of a kernel with some bytes of dynamic shared memory: above 48 KiB they fail otherwise.</summary>
    public static void AllowShared(CudaKernel kernel, int bytes)
    {
        kernel.Accelerator.Bind();
        int error = SetFunctionAttribute(kernel.FunctionPtr, FunctionShared, bytes);
        if (error is not (0 or (int)CudaError.CUDA_ERROR_INVALID_VALUE))
        {
            throw new CudaException((CudaError)error);
        }

        if (error != 0)
        {
            throw new NotSupportedException($"{kernel.Accelerator.Name} gives no {bytes} bytes of shared memory to the kernel {kernel.CompiledKernel.Name} (CUDA's error {error}).");
        }
    }

    /// <summary>Has a kernel's multiprocessors keep all their memory as shared memory, so that as many of its groups as possible run on one at once; a wish, which a driver may leave aside.</summary>
    public static void PreferShared(CudaKernel kernel) => _ = SetFunctionAttribute(kernel.FunctionPtr, Carveout, AllShared);

    /// <summary>Bytes of dynamic shared memory that a group may have at most.</summary>
    /// <exception cref="CudaException">The driver does not say.</exception>
    public static int SharedBytes(CudaAccelerator accelerator)
    {
        int error = GetDeviceAttribute(out int bytes, DeviceShared, accelerator.Device.DeviceId);
        return error == 0 ? bytes : throw new CudaException((CudaError)error);
    }

    /// <summary>A number that the driver knows of a device; −1 if it does not.</summary>
    public static int DeviceAttribute(int attribute, int device) => GetDeviceAttribute(out int value, attribute, device) == 0 ? value : -1;

    /// <summary>A number that the driver knows of a loaded kernel; −1 if it does not.</summary>
    public static int FunctionAttribute(int attribute, nint function) => GetFunctionAttribute(out int value, attribute, function) == 0 ? value : -1;

    /// <summary>Translates a text that ends with a zero byte; options and their values as in cuda.h.</summary>
    [LibraryImport(Library, EntryPoint = "cuModuleLoadDataEx")]
    public static unsafe partial int LoadModule(out nint module, byte* text, uint count, int* options, nint* values);

    /// <summary>Queues a copy from the host's memory.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    public static partial int CopyToDevice(nint target, nint source, nint bytes, nint stream);

    /// <summary>Lets a module go.</summary>
    [LibraryImport(Library, EntryPoint = "cuModuleUnload")]
    public static partial int UnloadModule(nint module);

    [LibraryImport(Library, EntryPoint = "cuFuncGetAttribute")]
    private static partial int GetFunctionAttribute(out int value, int attribute, nint function);

    [LibraryImport(Library, EntryPoint = "cuFuncSetAttribute")]
    private static partial int SetFunctionAttribute(nint function, int attribute, int value);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetAttribute")]
    private static partial int GetDeviceAttribute(out int value, int attribute, int device);
}
