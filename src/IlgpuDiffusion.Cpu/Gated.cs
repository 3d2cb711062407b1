using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Gated(Gated op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        LineOperand value = new(0, shape), gate = new(0, shape, shape.Channels);
        return op.Function switch
        {
            Activation.Silu => Elementwise<GateMap<Silu>>.Prepare(pool, default, shape, work, value, gate),
            Activation.Gelu => Elementwise<GateMap<Gelu>>.Prepare(pool, default, shape, work, value, gate),
            Activation.QuickGelu => Elementwise<GateMap<QuickGelu>>.Prepare(pool, default, shape, work, value, gate),
            Activation.GeluTanh => Elementwise<GateMap<GeluTanh>>.Prepare(pool, default, shape, work, value, gate),
            Activation.Relu => Elementwise<GateMap<Relu>>.Prepare(pool, default, shape, work, value, gate),
            _ => Elementwise<GateMap<Identity>>.Prepare(pool, default, shape, work, value, gate),
        };
    }

    private readonly struct GateMap<TActivation> : IElementMap
        where TActivation : struct, IActivation
    {
        public static int Arity => 2;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.Multiply(a, TActivation.Apply<TSimd, TVector>(b));
    }
}
