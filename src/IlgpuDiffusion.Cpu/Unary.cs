using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Unary(Unary op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        LineOperand x = new(0, shape);
        return op.Function switch
        {
            Activation.Silu => Elementwise<ActivationMap<Silu>>.Prepare(pool, default, shape, work, x),
            Activation.Gelu => Elementwise<ActivationMap<Gelu>>.Prepare(pool, default, shape, work, x),
            Activation.QuickGelu => Elementwise<ActivationMap<QuickGelu>>.Prepare(pool, default, shape, work, x),
            Activation.GeluTanh => Elementwise<ActivationMap<GeluTanh>>.Prepare(pool, default, shape, work, x),
            Activation.Relu => Elementwise<ActivationMap<Relu>>.Prepare(pool, default, shape, work, x),
            _ => Elementwise<ActivationMap<Identity>>.Prepare(pool, default, shape, work, x),
        };
    }

    private readonly struct ActivationMap<TActivation> : IElementMap
        where TActivation : struct, IActivation
    {
        public static int Arity => 1;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TActivation.Apply<TSimd, TVector>(a);
    }
}
