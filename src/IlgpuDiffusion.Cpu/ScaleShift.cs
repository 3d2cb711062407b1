using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared ScaleShift(ScaleShift op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Shape vector = operands.Inputs[1].Shape with { Channels = shape.Channels };
        Work work = op.Work(operands);
        LineOperand x = new(0, shape), scale = new(1, vector), shift = new(1, vector, shape.Channels);
        return op.Function switch
        {
            Activation.Silu => Elementwise<ScaleShiftMap<Silu>>.Prepare(pool, default, shape, work, x, scale, shift),
            Activation.Gelu => Elementwise<ScaleShiftMap<Gelu>>.Prepare(pool, default, shape, work, x, scale, shift),
            Activation.QuickGelu => Elementwise<ScaleShiftMap<QuickGelu>>.Prepare(pool, default, shape, work, x, scale, shift),
            Activation.GeluTanh => Elementwise<ScaleShiftMap<GeluTanh>>.Prepare(pool, default, shape, work, x, scale, shift),
            Activation.Relu => Elementwise<ScaleShiftMap<Relu>>.Prepare(pool, default, shape, work, x, scale, shift),
            _ => Elementwise<ScaleShiftMap<Identity>>.Prepare(pool, default, shape, work, x, scale, shift),
        };
    }

    private readonly struct ScaleShiftMap<TActivation> : IElementMap
        where TActivation : struct, IActivation
    {
        public static int Arity => 3;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TActivation.Apply<TSimd, TVector>(TSimd.MultiplyAdd(a, b, c));
    }
}
