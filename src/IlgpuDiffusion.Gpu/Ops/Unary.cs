using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Unary(Unary op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        LineOperand[] arguments = [new(0, shape)];
        return op.Function switch
        {
            Activation.Silu => Elementwise.Prepare<ActivationMap<Silu>>(host, operands, work, arguments),
            Activation.Gelu => Elementwise.Prepare<ActivationMap<Gelu>>(host, operands, work, arguments),
            Activation.QuickGelu => Elementwise.Prepare<ActivationMap<QuickGelu>>(host, operands, work, arguments),
            Activation.GeluTanh => Elementwise.Prepare<ActivationMap<GeluTanh>>(host, operands, work, arguments),
            Activation.Relu => Elementwise.Prepare<ActivationMap<Relu>>(host, operands, work, arguments),
            _ => Elementwise.Prepare<ActivationMap<Identity>>(host, operands, work, arguments),
        };
    }
}
