using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared NormalizeRows(NormalizeRows op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Shape statistic = shape with { Channels = 1 };
        return Elementwise.Prepare<NormalizeMap>(host, operands, op.Work(operands), [new(0, shape), new(1, statistic), new(1, statistic, 1), new(2, operands.Inputs[2].Shape), new(3, operands.Inputs[3].Shape)]);
    }
}
