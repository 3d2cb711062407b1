using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        StoredType.Require(operands.Inputs[1], ElementType.F32);
        StoredType.Require(operands.Inputs[2], ElementType.F32);
        Stored stored = StoredType.Of(host, x.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => stored switch
            {
                Stored.Single => new GroupNormLaunch<float, SingleElement>(host, places, path, x.Shape, op),
                Stored.Brain => new GroupNormLaunch<ushort, BrainElement>(host, places, path, x.Shape, op),
                Stored.CudaHalf => new GroupNormLaunch<ushort, CudaHalfElement>(host, places, path, x.Shape, op),
                _ => new GroupNormLaunch<ushort, HalfElement>(host, places, path, x.Shape, op),
            },
            GroupNormSlots.Of(x.Shape).Bytes);
    }
}
