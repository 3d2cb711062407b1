using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace IlgpuDiffusion.Gpu.OpenCl;

/// <summary>Loads kernels as ILGPU does, with a word to drivers that compile by clang: of warnings about ILGPU's code (which is correct, and not ours to mend) they write to the standard error of whoever loads it.</summary>
internal static class ClCompiler
{
    private const string Silence = "#pragma clang diagnostic ignored \"-Weverything\"\n";

    /// <summary>Compiles and loads a kernel.</summary>
    public static Kernel Load(CLAccelerator accelerator, MethodInfo method, KernelSpecialization specialization)
    {
        CLCompiledKernel kernel = (CLCompiledKernel)accelerator.CompileKernel(EntryPointDescription.FromExplicitlyGroupedKernel(method), specialization);
        Text(kernel) = Silence + kernel.Source;
        return accelerator.LoadKernel(kernel);
    }

    // ILGPU gives the text and takes none.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Source>k__BackingField")]
    private static extern ref string Text(CLCompiledKernel kernel);
}
