using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Affine(Affine op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        return Elementwise.Prepare<AffineMap>(host, operands, op.Work(operands), [new LineOperand(0, shape)], (float)op.Scale, (float)op.Offset);
    }
}
