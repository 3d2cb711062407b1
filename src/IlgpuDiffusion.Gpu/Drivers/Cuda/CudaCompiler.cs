using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Loads kernels as ILGPU does, with names in their PTX that do not depend on how much was compiled before: CUDA's driver then finds their machine code in its cache.</summary>
internal static class CudaCompiler
{
    /// <summary>Compiles and loads a kernel.</summary>
    public static CudaKernel Load(CudaAccelerator accelerator, MethodInfo method, KernelSpecialization specialization)
    {
        EntryPointDescription entry = EntryPointDescription.FromExplicitlyGroupedKernel(method);
        PTXCompiledKernel kernel = (PTXCompiledKernel)accelerator.CompileKernel(entry, specialization);
        Text(kernel) = PtxNames.Renumber(kernel.PTXAssembly, kernel.Name);
        return (CudaKernel)accelerator.LoadKernel(kernel);
    }

    // ILGPU gives the text and takes none.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<PTXAssembly>k__BackingField")]
    private static extern ref string Text(PTXCompiledKernel kernel);
}
