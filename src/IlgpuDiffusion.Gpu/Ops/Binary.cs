using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Binary(Binary op, in Operands operands)
    {
        Work work = op.Work(operands);
        LineOperand[] both = [new(0, operands.Inputs[0].Shape), new(1, operands.Inputs[1].Shape)];
        return op.Kind switch
        {
            BinaryKind.Add => Elementwise.Prepare<AddMap>(host, operands, work, both),
            BinaryKind.Subtract => Elementwise.Prepare<SubtractMap>(host, operands, work, both),
            BinaryKind.Multiply => Elementwise.Prepare<MultiplyMap>(host, operands, work, both),
            _ => Elementwise.Prepare<DivideMap>(host, operands, work, both),
        };
    }
}
