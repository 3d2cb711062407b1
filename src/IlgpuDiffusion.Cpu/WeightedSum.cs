using System.Numerics.Tensors;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared WeightedSum(WeightedSum op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) =>
            new WeightedSumLaunch(pool, path, places, new LineWalk(shape, [.. places[1..].Select(place => (shape, place.RowStride))])));
    }

    /// <summary>A task is a run of lines, or a piece of one, small enough that the sum stays in the cache while the terms are added.</summary>
    private sealed unsafe class WeightedSumLaunch(WorkerPool pool, string path, Place[] places, LineWalk walk)
        : ParallelLaunch(pool, path, places, walk.Count * Pieces(walk))
    {
        private const int Piece = 8192;

        private readonly int _terms = places.Length - 2;

        protected override void Execute(int task, byte* scratch)
        {
            (int line, int piece) = Math.DivRem(task, Pieces(walk));
            int start = piece * Piece, count = Math.Min(Piece, walk.Length - start);
            Span<float> sum = new(Floats(_terms + 1) + walk.Offset(_terms, line) + start, count);
            float* weights = Floats(0);
            for (int i = 0; i < _terms; i++)
            {
                ReadOnlySpan<float> term = new(Floats(i + 1) + walk.Offset(i, line) + start, count);
                if (i == 0)
                {
                    TensorPrimitives.Multiply(term, weights[0], sum);
                }
                else
                {
                    TensorPrimitives.MultiplyAdd(term, weights[i], sum, sum);
                }
            }
        }

        private static int Pieces(LineWalk walk) => (walk.Length + Piece - 1) / Piece;
    }
}
