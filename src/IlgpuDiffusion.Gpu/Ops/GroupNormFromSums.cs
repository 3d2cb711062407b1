using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <summary>None: work items of a convolution do not meet, so nobody could add up an image's channels.</summary>
    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands) =>
        throw new NotSupportedException("Convolutions of a device of ILGPU leave no sums, so no graph that was compiled for it normalises by them.");
}
