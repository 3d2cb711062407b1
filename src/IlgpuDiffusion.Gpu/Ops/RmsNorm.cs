using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RmsNorm(RmsNorm op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        ElementFormats.Require(operands.Inputs[1], ElementType.F32);
        ElementFormat format = ElementFormats.Of(host, x.Type);
        if (RowNormForm.Takes(host, x.Shape.Channels / op.Heads))
        {
            Shape table = operands.Inputs[1].Shape;
            return new GpuPrepared(op.Work(operands), (places, path) => format switch
            {
                ElementFormat.Float32 => new RowNormLaunch<SquareRows, float, Float32Format>(host, places, path, x.Shape, table, op.Heads, op.Epsilon),
                ElementFormat.BFloat16 => new RowNormLaunch<SquareRows, ushort, BFloat16Format>(host, places, path, x.Shape, table, op.Heads, op.Epsilon),
                ElementFormat.CudaFloat16 => new RowNormLaunch<SquareRows, ushort, CudaFloat16Format>(host, places, path, x.Shape, table, op.Heads, op.Epsilon),
                _ => new RowNormLaunch<SquareRows, ushort, Float16Format>(host, places, path, x.Shape, table, op.Heads, op.Epsilon),
            });
        }

        return new GpuPrepared(op.Work(operands), (places, path) => format switch
        {
            ElementFormat.Float32 => new RmsNormLaunch<float, Float32Format>(host, places, path, x.Shape, op),
            ElementFormat.BFloat16 => new RmsNormLaunch<ushort, BFloat16Format>(host, places, path, x.Shape, op),
            ElementFormat.CudaFloat16 => new RmsNormLaunch<ushort, CudaFloat16Format>(host, places, path, x.Shape, op),
            _ => new RmsNormLaunch<ushort, Float16Format>(host, places, path, x.Shape, op),
        });
    }
}
