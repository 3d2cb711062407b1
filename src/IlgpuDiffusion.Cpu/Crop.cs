using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Crop(Crop op, in Operands operands)
    {
        TensorType from = operands.Inputs[0];
        return new CpuPrepared(op.Work(operands), (places, path) => new CropLaunch(pool, path, places, from, op));
    }

    /// <summary>A task is one row of the result.</summary>
    private sealed unsafe class CropLaunch(WorkerPool pool, string path, Place[] places, TensorType from, Crop op)
        : ParallelLaunch(pool, path, places, from.Shape.Batch * op.Height)
    {
        protected override void Execute(int task, byte* scratch)
        {
            int size = from.Type.Size(), bytes = from.Shape.Channels * size;
            (int image, int y) = Math.DivRem(task, op.Height);
            byte* source = Bytes(0) + ((((((nint)image * from.Shape.Height) + op.Top + y) * from.Shape.Width) + op.Left) * Stride(0) * size);
            byte* target = Bytes(1) + ((nint)task * op.Width * Stride(1) * size);
            for (int x = 0; x < op.Width; x++)
            {
                Buffer.MemoryCopy(source, target, bytes, bytes);
                source += Stride(0) * size;
                target += Stride(1) * size;
            }
        }
    }
}
