using System.Diagnostics;
using System.Reflection;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    private readonly Dictionary<MethodInfo, TimeSpan> _loadTimes = [];

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

    /// <summary>Every kernel for tensor cores by its name, with what compiles it, loads it, and lets it go; none where there are no tensor cores of CUDA's.</summary>
    public IEnumerable<(string Name, Func<KernelFact> Compile)> TensorKernels() =>
        Accelerator is CudaAccelerator cuda && TensorCores == TensorCoreKind.Cuda ? TensorKernel.All.Select(kernel => (kernel.Name, (Func<KernelFact>)(() => CudaFacts.Compile(cuda, kernel)))) : [];

    private TLauncher Timed<TKernel, TLauncher>(TKernel kernel, Func<Accelerator, TKernel, TLauncher> load)
        where TKernel : Delegate
    {
        long start = Stopwatch.GetTimestamp();
        TLauncher launcher = load(Accelerator, kernel);
        _loadTimes[kernel.Method] = Stopwatch.GetElapsedTime(start);
        return launcher;
    }

    private static string NameOf(MethodInfo method) =>
        $"{method.DeclaringType!.Name}.{method.Name}{(method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(NameOf))}>" : "")}";

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;

    private static KernelNeeds? NeedsOf(Delegate launcher) =>
        launcher.TryGetKernel(out Kernel? kernel) && kernel is CudaKernel cuda ? CudaFacts.NeedsOf(cuda) : null;
}
