using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared RelativeBias(RelativeBias op, in Operands operands)
    {
        Shape to = operands.Outputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new RelativeBiasLaunch(pool, path, places, to));
    }

    /// <summary>A task is one query of one head.</summary>
    private sealed unsafe class RelativeBiasLaunch(WorkerPool pool, string path, Place[] places, Shape to)
        : ParallelLaunch(pool, path, places, to.Height * to.Width)
    {
        protected override void Execute(int task, byte* scratch)
        {
            (int head, int query) = Math.DivRem(task, to.Width);
            float* from = Floats(0) + ((to.Width - 1 - query) * Stride(0)) + head, bias = Floats(1) + (task * Stride(1));
            for (int key = 0; key < to.Channels; key++)
            {
                bias[key] = from[key * Stride(0)];
            }
        }
    }
}
