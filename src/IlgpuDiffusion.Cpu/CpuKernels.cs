using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>The kernels of the CPU device; the file of each op adds its member.</summary>
internal sealed partial class CpuKernels(WorkerPool pool, ConvolutionMethod? convolutions) : IKernels
{
    /// <inheritdoc/>
    public IReadOnlyList<ElementType> Stores { get; } = [ElementType.F32];

    /// <inheritdoc/>
    public Fusions LinearFusions => Fusions.All & ~(Fusions.Resize | Fusions.Sums);

    /// <inheritdoc/>
    public Fusions Conv2dFusions => Fusions.All & ~(Fusions.Gate | Fusions.LayerNorm);
}
