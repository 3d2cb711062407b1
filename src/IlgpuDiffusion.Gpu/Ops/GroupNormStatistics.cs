using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        ElementFormats.Require(operands.Inputs[1], ElementType.F32);
        ElementFormats.Require(operands.Inputs[2], ElementType.F32);
        ElementFormat format = ElementFormats.Of(host, x.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => format switch
            {
                ElementFormat.Float32 => new GroupNormLaunch<float, Float32Format>(host, places, path, x.Shape, op),
                ElementFormat.BFloat16 => new GroupNormLaunch<ushort, BFloat16Format>(host, places, path, x.Shape, op),
                ElementFormat.CudaFloat16 => new GroupNormLaunch<ushort, CudaFloat16Format>(host, places, path, x.Shape, op),
                _ => new GroupNormLaunch<ushort, Float16Format>(host, places, path, x.Shape, op),
            },
            GroupNormSlots.Of(x.Shape).Bytes);
    }
}
