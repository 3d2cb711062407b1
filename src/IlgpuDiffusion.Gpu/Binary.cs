using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Binary(Binary op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        LineOperand[] both = [new(0, operands.Inputs[0].Shape), new(1, operands.Inputs[1].Shape)];
        return op.Kind switch
        {
            BinaryKind.Add => Elementwise.Prepare<AddMap>(host, shape, work, both),
            BinaryKind.Subtract => Elementwise.Prepare<SubtractMap>(host, shape, work, both),
            BinaryKind.Multiply => Elementwise.Prepare<MultiplyMap>(host, shape, work, both),
            _ => Elementwise.Prepare<DivideMap>(host, shape, work, both),
        };
    }
}
