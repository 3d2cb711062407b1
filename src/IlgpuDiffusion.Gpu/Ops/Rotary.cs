using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Rotary(Rotary op, in Operands operands)
    {
        (TensorType x, Shape table) = (operands.Inputs[0], operands.Inputs[1].Shape);
        ElementFormats.Require(operands.Inputs[1], ElementType.F32);
        ElementFormat format = ElementFormats.Of(host, x.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => format switch
        {
            ElementFormat.Float32 => new RotaryLaunch<float, Float32Format>(host, places, path, x.Shape, table, op.Heads),
            ElementFormat.BFloat16 => new RotaryLaunch<ushort, BFloat16Format>(host, places, path, x.Shape, table, op.Heads),
            ElementFormat.CudaFloat16 => new RotaryLaunch<ushort, CudaFloat16Format>(host, places, path, x.Shape, table, op.Heads),
            _ => new RotaryLaunch<ushort, Float16Format>(host, places, path, x.Shape, table, op.Heads),
        });
    }
}
