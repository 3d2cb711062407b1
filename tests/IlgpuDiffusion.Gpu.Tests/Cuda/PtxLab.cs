using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>Compiles kernels to PTX without a GPU.</summary>
internal static class PtxLab
{
    /// <summary>The PTX of a kernel for sm_90.</summary>
    public static string Compile(TensorKernel kernel) => Compile(kernel.Name, kernel.Method, kernel.Specialization);

    /// <summary>The PTX of a kernel for sm_90.</summary>
    public static string Compile(string name, MethodInfo method, KernelSpecialization specialization)
    {
        // A context that failed to compile a kernel compiles no other.
        using Compiler compiler = new();
        string ptx = compiler.Compile(method, specialization);
        if (Environment.GetEnvironmentVariable("WRITE_PTX") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')) + ".ptx"), ptx);
        }

        return ptx;
    }

    /// <summary>One context, which compiles one kernel after the other.</summary>
    public sealed class Compiler : IDisposable
    {
        private readonly Context _context = Context.Create(builder => builder.Optimize(OptimizationLevel.O1).UsePtx());
        private readonly PTXBackend _backend;

        public Compiler() => _backend = new PTXBackend(_context, new CudaCapabilityContext(CudaArchitecture.SM_90), CudaArchitecture.SM_90, CudaInstructionSet.ISA_80, null);

        public string Compile(MethodInfo method, KernelSpecialization specialization) =>
            ((PTXCompiledKernel)_backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), specialization)).PTXAssembly;

        public void Dispose()
        {
            _backend.Dispose();
            _context.Dispose();
        }
    }
}
