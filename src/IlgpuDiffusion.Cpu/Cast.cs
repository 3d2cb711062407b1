using System.Runtime.CompilerServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Cast(Cast op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];
        return Numbers.CanWiden(type.Type) && Numbers.CanNarrow(op.To)
            ? new CpuPrepared(op.Work(operands), (places, path) => new CastLaunch(pool, path, places, type.Shape, type.Type, op.To))
            : throw new NotSupportedException($"The CPU device casts float types to F32, F16 and BF16, not {type.Type} to {op.To}.");
    }

    /// <summary>A task is some grid points, which go through single precision a piece at a time.</summary>
    private sealed unsafe class CastLaunch(WorkerPool pool, string path, Place[] places, Shape shape, ElementType from, ElementType to)
        : ParallelLaunch(pool, path, places, (shape.Rows + RowsPerTask(shape) - 1) / RowsPerTask(shape))
    {
        private const int Piece = 1024;

        protected override void Execute(int task, byte* scratch)
        {
            int perTask = RowsPerTask(shape), end = Math.Min(shape.Rows, (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++)
            {
                Row(Bytes(0) + (row * Stride(0) * from.Size()), Bytes(1) + (row * Stride(1) * to.Size()));
            }
        }

        private static int RowsPerTask(Shape shape) => Math.Max(1, 65536 / shape.Channels);

        [SkipLocalsInit]
        private void Row(byte* source, byte* target)
        {
            float* piece = stackalloc float[Piece];
            for (int c = 0; c < shape.Channels; c += Piece)
            {
                int count = Math.Min(Piece, shape.Channels - c);
                float* wide = to == ElementType.F32 ? (float*)target + c : piece;
                Numbers.Widen(from, source + ((long)c * from.Size()), wide, count);
                if (to != ElementType.F32)
                {
                    Numbers.Narrow(to, wide, target + ((long)c * to.Size()), count);
                }
            }
        }
    }
}
