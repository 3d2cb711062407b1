using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Gated(Gated op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        LineOperand[] arguments = [new(0, shape), new(0, shape, shape.Channels)];
        return op.Function switch
        {
            Activation.Silu => Elementwise.Prepare<GatedMap<Silu>>(host, operands, work, arguments),
            Activation.Gelu => Elementwise.Prepare<GatedMap<Gelu>>(host, operands, work, arguments),
            Activation.QuickGelu => Elementwise.Prepare<GatedMap<QuickGelu>>(host, operands, work, arguments),
            Activation.GeluTanh => Elementwise.Prepare<GatedMap<GeluTanh>>(host, operands, work, arguments),
            Activation.Relu => Elementwise.Prepare<GatedMap<Relu>>(host, operands, work, arguments),
            _ => Elementwise.Prepare<GatedMap<Identity>>(host, operands, work, arguments),
        };
    }
}
