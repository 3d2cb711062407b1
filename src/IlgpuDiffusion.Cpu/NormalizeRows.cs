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
        Shape vector = Shape.Vector(shape.Channels);
        return Elementwise<NormalizeMap>.Prepare(
            pool, default, shape, op.Work(operands), new(0, shape), new(1, number), new(1, number, 1), new(2, vector), new(3, vector));
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
