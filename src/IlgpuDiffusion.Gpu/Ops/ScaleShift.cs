using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared ScaleShift(ScaleShift op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        Shape vector = operands.Inputs[1].Shape with { Channels = shape.Channels };
        LineOperand[] arguments = [new(0, shape), new(1, vector), new(1, vector, shape.Channels)];
        return op.Function switch
        {
            Activation.Silu => Elementwise.Prepare<ScaleShiftMap<Silu>>(host, operands, work, arguments),
            Activation.Gelu => Elementwise.Prepare<ScaleShiftMap<Gelu>>(host, operands, work, arguments),
            Activation.QuickGelu => Elementwise.Prepare<ScaleShiftMap<QuickGelu>>(host, operands, work, arguments),
            Activation.GeluTanh => Elementwise.Prepare<ScaleShiftMap<GeluTanh>>(host, operands, work, arguments),
            Activation.Relu => Elementwise.Prepare<ScaleShiftMap<Relu>>(host, operands, work, arguments),
            _ => Elementwise.Prepare<ScaleShiftMap<Identity>>(host, operands, work, arguments),
        };
    }
}
