using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Compiles kernels for CUDA without a GPU, each once for all tests, to the text that a driver would be given.</summary>
internal static class PtxLab
{
    private static readonly Lock Compiling = new();
    private static readonly ConcurrentDictionary<(MethodInfo, int?, int?), PtxCode> Known = [];
    private static Compiler _compiler = new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80);

    /// <summary>A kernel for tensor cores.</summary>
    public static PtxCode Of(TensorKernel kernel) => Of(kernel.Method, kernel.Specialization);

    /// <summary>A kernel of the name.</summary>
    public static PtxCode Of(string tensorKernel) => Of(TensorKernel.All.Single(kernel => kernel.Name == tensorKernel));

    /// <summary>A kernel.</summary>
    public static PtxCode Of(MethodInfo method, KernelSpecialization specialization)
    {
        (MethodInfo, int?, int?) key = (method, specialization.MaxNumThreadsPerGroup, specialization.MinNumGroupsPerMultiprocessor);
        if (Known.TryGetValue(key, out PtxCode? code))
        {
            return code;
        }

        lock (Compiling)
        {
            return Known.GetOrAdd(key, _ => new PtxCode(GpuHost.NameOf(method), Compile(method, specialization)));
        }
    }

    private static string Compile(MethodInfo method, KernelSpecialization specialization)
    {
        try
        {
            string text = _compiler.Compile(method, specialization);
            if (Environment.GetEnvironmentVariable("WRITE_PTX") is { Length: > 0 } folder)
            {
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, FileName(GpuHost.NameOf(method))), text);
            }

            return text;
        }
        catch
        {
            // A context that failed to compile a kernel compiles no other.
            _compiler = new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80);
            throw;
        }
    }

    // Heads of many slices have longer names than a file may have.
    private static string FileName(string kernel)
    {
        string name = string.Concat(kernel.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return $"{(name.Length <= 200 ? name : $"{name[..190]}-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(kernel)))[..8]}")}.ptx";
    }

    /// <summary>One context, which compiles one kernel after the other for an architecture.</summary>
    public sealed class Compiler(CudaArchitecture architecture, CudaInstructionSet set, Action<Context.Builder>? also = null) : IDisposable
    {
        private readonly Context _context = Context.Create(builder =>
        {
            builder.ForCuda();
            also?.Invoke(builder);
        });
        private PTXBackend? _backend;

        public string Compile(MethodInfo method, KernelSpecialization specialization) =>
            CudaCompiler.Compile(_backend ??= new PTXBackend(_context, new CudaCapabilityContext(architecture), architecture, set, null), method, specialization).PTXAssembly;

        public void Dispose()
        {
            _backend?.Dispose();
            _context.Dispose();
        }
    }
}

/// <summary>A kernel's text.</summary>
/// <param name="name">The kernel.</param>
/// <param name="text">What the driver would be given.</param>
internal sealed class PtxCode(string name, string text)
{
    private readonly Lazy<PtxModule> _module = new(() => PtxReader.Read(text));
    private readonly ConcurrentDictionary<int, PtxProgram> _programs = [];

    /// <summary>The kernel.</summary>
    public string Name => name;

    /// <summary>What the driver would be given.</summary>
    public string Text => text;

    /// <summary>The kernel's own part of it: what stands before are empty stubs, one of each instruction's method.</summary>
    public string Entry => text[text.IndexOf(".entry", StringComparison.Ordinal)..];

    /// <summary>The text, read.</summary>
    public PtxModule Module => _module.Value;

    /// <summary>The text, ready to run with some dynamic shared memory.</summary>
    public PtxProgram Program(int dynamicBytes) => _programs.GetOrAdd(dynamicBytes, bytes => new PtxProgram(Module, bytes));
}
