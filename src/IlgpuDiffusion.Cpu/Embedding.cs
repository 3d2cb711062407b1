using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Embedding(Embedding op, in Operands operands)
    {
        (TensorType table, Shape ids) = (operands.Inputs[0], operands.Inputs[1].Shape);
        return Numbers.CanWiden(table.Type)
            ? new CpuPrepared(op.Work(operands), (places, path) => new EmbeddingLaunch(pool, path, places, table, ids.Rows))
            : throw new NotSupportedException($"The CPU device takes embedding tables of a float type, not {table.Type}.");
    }

    /// <summary>A task is one id.</summary>
    private sealed unsafe class EmbeddingLaunch(WorkerPool pool, string path, Place[] places, TensorType table, int ids)
        : ParallelLaunch(pool, path, places, ids)
    {
        protected override void Execute(int task, byte* scratch)
        {
            int id = ((int*)Bytes(1))[task * Stride(1)];
            if ((uint)id >= (uint)table.Shape.Width)
            {
                throw new InvalidDataException($"At '{Path}': the id {id} at position {task} is not within the table of {table.Shape.Width} rows; the tokenizer does not belong to this model.");
            }

            Numbers.Widen(table.Type, Bytes(0) + (id * Stride(0) * table.Type.Size()), Floats(2) + (task * Stride(2)), table.Shape.Channels);
        }
    }
}
