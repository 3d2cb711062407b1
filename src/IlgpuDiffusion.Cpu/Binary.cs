using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Binary(Binary op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        Work work = op.Work(operands);
        LineOperand left = new(0, operands.Inputs[0].Shape), right = new(1, operands.Inputs[1].Shape);
        return op.Kind switch
        {
            BinaryKind.Add => Elementwise<AddMap>.Prepare(pool, default, shape, work, left, right),
            BinaryKind.Subtract => Elementwise<SubtractMap>.Prepare(pool, default, shape, work, left, right),
            BinaryKind.Multiply => Elementwise<MultiplyMap>.Prepare(pool, default, shape, work, left, right),
            _ => Elementwise<DivideMap>.Prepare(pool, default, shape, work, left, right),
        };
    }

    private readonly struct AddMap : IElementMap
    {
        public static int Arity => 2;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.Add(a, b);
    }

    private readonly struct SubtractMap : IElementMap
    {
        public static int Arity => 2;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.Subtract(a, b);
    }

    private readonly struct MultiplyMap : IElementMap
    {
        public static int Arity => 2;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.Multiply(a, b);
    }

    private readonly struct DivideMap : IElementMap
    {
        public static int Arity => 2;

        public TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.Divide(a, b);
    }
}
