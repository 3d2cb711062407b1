using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared LayerNorm(LayerNorm op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        ElementFormats.Require(operands.Inputs[1], ElementType.F32);
        ElementFormats.Require(operands.Inputs[2], ElementType.F32);
        if (!RowNormForm.Takes(host, x.Shape.Channels) || (operands.Inputs[1].Shape.Batch != operands.Inputs[2].Shape.Batch))
        {
            return InTwo(op, operands);
        }

        Shape table = operands.Inputs[1].Shape;
        ElementFormat format = ElementFormats.Of(host, x.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => format switch
        {
            ElementFormat.Float32 => new RowNormLaunch<LayerRows, float, Float32Format>(host, places, path, x.Shape, table, 1, op.Epsilon),
            ElementFormat.BFloat16 => new RowNormLaunch<LayerRows, ushort, BFloat16Format>(host, places, path, x.Shape, table, 1, op.Epsilon),
            ElementFormat.CudaFloat16 => new RowNormLaunch<LayerRows, ushort, CudaFloat16Format>(host, places, path, x.Shape, table, 1, op.Epsilon),
            _ => new RowNormLaunch<LayerRows, ushort, Float16Format>(host, places, path, x.Shape, table, 1, op.Epsilon),
        });
    }

    // Statistics into scratch, then the norm.
    private GpuPrepared InTwo(LayerNorm op, in Operands operands)
    {
        ReadOnlySpan<TensorType> x = operands.Inputs;
        TensorType statistics = new(x[0].Shape with { Channels = 2 });
        long own = (statistics.Bytes + Alignment.Bytes - 1) / Alignment.Bytes * Alignment.Bytes;
        Prepared first = RowStatistics(new RowStatistics(op.Epsilon), new Operands([x[0]], [statistics])), second = NormalizeRows(new NormalizeRows(), new Operands([x[0], statistics, x[1], x[2]], operands.Outputs));
        return new GpuPrepared(
            op.Work(operands),
            (places, path) =>
            {
                Place scratch = places[4], between = new(scratch.Space, scratch.Offset, 2, ElementType.F32);
                return new LaunchPair(path, first.Bind([places[0], between, scratch with { Offset = scratch.Offset + own }], path), second.Bind([places[0], between, places[1], places[2], places[3]], path));
            },
            own + first.Scratch);
    }
}
