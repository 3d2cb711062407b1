using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared NormalizeRows(NormalizeRows op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Shape number = shape with { Channels = 1 };
        return Elementwise<NormalizeMap>.Prepare(
            pool, default, shape, op.Work(operands), new(0, shape), new(1, number), new(1, number, 1), new(2, operands.Inputs[2].Shape), new(3, operands.Inputs[3].Shape));
    }

    /// <summary>In the order of x, mean, 1/σ, γ, β.</summary>
    private readonly struct NormalizeMap : IElementMap
    {
        public static int Arity => 5;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Subtract(a, b), c), d, e);
    }
}
