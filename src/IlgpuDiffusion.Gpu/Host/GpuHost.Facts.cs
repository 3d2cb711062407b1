using System.Diagnostics;
using System.Reflection;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    private readonly Dictionary<MethodInfo, TimeSpan> _loadTimes = [];
    private readonly Dictionary<MethodInfo, KernelRequest> _requests = [];

    /// <summary>What the driver says of the device, in words.</summary>
    public IReadOnlyList<(string Name, string Text)> Facts()
    {
        List<(string, string)> facts = [("name", Name), ("multiprocessors", $"{Accelerator.NumMultiprocessors}"), ("memory", $"{Accelerator.MemorySize >> 20} MiB"), ("tensor cores", $"{TensorCores}")];
        if (Accelerator is CudaAccelerator cuda)
        {
            facts.AddRange(CudaFacts.Of(cuda));
        }

        return facts;
    }

    /// <summary>The kernels that are loaded.</summary>
    public IReadOnlyList<KernelFact> Kernels()
    {
        lock (_lock)
        {
            return [.. _kernels.Select(loaded => new KernelFact(NameOf(loaded.Key), _loadTimes.GetValueOrDefault(loaded.Key), Needs: NeedsOf(loaded.Value)))];
        }
    }

    /// <summary>The kernels that were asked for, loaded or left out.</summary>
    public IReadOnlyList<KernelRequest> Requests()
    {
        lock (_lock)
        {
            return [.. _requests.Values];
        }
    }

    /// <summary>Compiles a kernel as it is loaded, has the driver translate it, and lets it go.</summary>
    /// <exception cref="NotSupportedException">The device is not CUDA's.</exception>
    public KernelFact Measure(KernelRequest kernel) => CudaFacts.Measure(Cuda, kernel);

    /// <summary>What CUDA's driver says when it translates each of the loaded kernels; none elsewhere.</summary>
    public IEnumerable<(string Kernel, string Log)> DriverLogs()
    {
        lock (_lock)
        {
            return Accelerator is CudaAccelerator cuda
                ? [.. _kernels.Select(loaded => (NameOf(loaded.Key), loaded.Value.TryGetKernel(out Kernel? kernel) && kernel is CudaKernel code ? CudaJit.Log(cuda, CudaCompiler.TextOf(code)) : "no kernel of CUDA's"))]
                : [];
        }
    }

    private CudaAccelerator Cuda => Accelerator as CudaAccelerator ?? throw new NotSupportedException($"{Name} is no device of CUDA's.");

    private TLauncher Timed<TKernel, TLauncher>(TKernel kernel, Func<Accelerator, TKernel, TLauncher> load)
        where TKernel : Delegate
    {
        long start = Stopwatch.GetTimestamp();
        TLauncher launcher = load(Accelerator, kernel);
        _loadTimes[kernel.Method] = Stopwatch.GetElapsedTime(start);
        return launcher;
    }

    /// <summary>A kernel's entry with its type arguments.</summary>
    internal static string NameOf(MethodInfo method) =>
        $"{method.DeclaringType!.Name}.{method.Name}{(method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(NameOf))}>" : "")}";

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;

    private static KernelNeeds? NeedsOf(Delegate launcher) =>
        launcher.TryGetKernel(out Kernel? kernel) && kernel is CudaKernel cuda ? CudaFacts.NeedsOf(cuda) : null;
}
