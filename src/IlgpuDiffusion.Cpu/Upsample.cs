using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Upsample(Upsample op, in Operands operands)
    {
        (TensorType from, Shape to) = (operands.Inputs[0], operands.Outputs[0].Shape);
        return new CpuPrepared(op.Work(operands), (places, path) => new UpsampleLaunch(pool, path, places, from, to));
    }

    /// <summary>A task is one row of the result.</summary>
    private sealed unsafe class UpsampleLaunch(WorkerPool pool, string path, Place[] places, TensorType from, Shape to)
        : ParallelLaunch(pool, path, places, to.Batch * to.Height)
    {
        protected override void Execute(int task, byte* scratch)
        {
            Shape shape = from.Shape;
            int size = from.Type.Size(), bytes = shape.Channels * size;
            (int image, int y) = Math.DivRem(task, to.Height);
            int row = (int)((long)y * shape.Height / to.Height);
            byte* source = Bytes(0) + ((((long)image * shape.Height) + row) * shape.Width * Stride(0) * size);
            byte* target = Bytes(1) + ((long)task * to.Width * Stride(1) * size);
            for (int x = 0; x < to.Width; x++)
            {
                long column = (long)x * shape.Width / to.Width;
                Buffer.MemoryCopy(source + (column * Stride(0) * size), target, bytes, bytes);
                target += Stride(1) * size;
            }
        }
    }
}
