using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <summary>Of sums over a picture that is computed in parts; convolutions leave none here, since work items of one do not meet, so nobody could add up an image's channels.</summary>
    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands)
    {
        Shape sums = operands.Inputs[0].Shape;
        return operands.Inputs.Length == 3
            ? new GpuPrepared(op.Work(operands), (places, path) => new SummedNormLaunch(host, places, path, sums, op))
            : throw new NotSupportedException("A device of ILGPU normalises by the sums of one tensor, not of parts laid end to end: its convolutions leave none.");
    }
}
