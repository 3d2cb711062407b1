using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>The kernels of a device that ILGPU drives; the file of each op adds its member.</summary>
internal sealed partial class GpuKernels(GpuHost host) : IKernels
{
    /// <inheritdoc/>
    public IReadOnlyList<ElementType> Stores { get; } = [ElementType.F32, ElementType.F16, ElementType.BF16];

    /// <inheritdoc/>
    public Fusions LinearFusions => Fusions.All & ~(Fusions.Resize | Fusions.Sums);

    /// <inheritdoc/>
    public Fusions Conv2dFusions => Fusions.All & ~(Fusions.Gate | Fusions.LayerNorm | Fusions.Sums);
}
