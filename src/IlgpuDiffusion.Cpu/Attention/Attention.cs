using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Attention(Attention op, in Operands operands)
    {
        AttentionPlan plan = new(op, operands);
        pool.Reserve(plan.ThreadBytes);
        return new CpuPrepared(op.Work(operands), (places, path) => new AttentionLaunch(pool, path, places, plan), plan.PackedBytes, AttentionTime.Of(plan, pool));
    }
}
