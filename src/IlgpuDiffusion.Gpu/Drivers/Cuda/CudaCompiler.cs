using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Loads kernels as ILGPU does, with names in their PTX that do not depend on how much was compiled before: CUDA's driver then finds their machine code in its cache.</summary>
internal static class CudaCompiler
{
    /// <summary>How a context compiles for CUDA, to be called on its builder: at the first optimisation level, since the second takes branches to be uniform that are not, and with instructions of CUDA's own.</summary>
    public static Context.Builder ForCuda(this Context.Builder builder) => builder.Optimize(OptimizationLevel.O1).UsePtx();

    /// <summary>Compiles and loads a kernel.</summary>
    public static CudaKernel Load(CudaAccelerator accelerator, MethodInfo method, KernelSpecialization specialization) => Load(accelerator, Compile(accelerator.Backend, method, specialization));

    /// <summary>Compiles a kernel to the text that the driver is given; a back end is to be had without a driver too, for tests.</summary>
    public static PTXCompiledKernel Compile(PTXBackend backend, MethodInfo method, KernelSpecialization specialization)
    {
        EntryPointDescription entry = EntryPointDescription.FromExplicitlyGroupedKernel(method);
        PTXCompiledKernel kernel = (PTXCompiledKernel)backend.Compile(entry, specialization);
        Text(kernel) = PtxNames.Renumber(kernel.PTXAssembly, kernel.Name);
        return kernel;
    }

    /// <summary>Gives the driver a compiled kernel.</summary>
    /// <exception cref="CudaException">It does not take it; with all that it says.</exception>
    public static CudaKernel Load(CudaAccelerator accelerator, PTXCompiledKernel kernel)
    {
        try
        {
            return (CudaKernel)accelerator.LoadKernel(kernel);
        }
        catch (CudaException e)
        {
            throw new CudaException($"{e.Message} ({CudaJit.Log(accelerator, kernel.PTXAssembly)})", e);
        }
    }

    /// <summary>The text that the driver was given.</summary>
    public static string TextOf(CudaKernel kernel) => ((PTXCompiledKernel)kernel.CompiledKernel).PTXAssembly;

    // ILGPU gives the text and takes none.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<PTXAssembly>k__BackingField")]
    private static extern ref string Text(PTXCompiledKernel kernel);
}
