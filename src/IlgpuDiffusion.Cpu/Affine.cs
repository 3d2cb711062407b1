using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Affine(Affine op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        return Elementwise<AffineMap>.Prepare(pool, new((float)op.Scale, (float)op.Offset), shape, op.Work(operands), new LineOperand(0, shape));
    }

    private readonly struct AffineMap(float scale, float offset) : IElementMap
    {
        public static int Arity => 1;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.MultiplyAdd(a, TSimd.Create(scale), TSimd.Create(offset));
    }
}
