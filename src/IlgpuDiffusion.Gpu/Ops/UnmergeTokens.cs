using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands)
    {
        (TensorType from, Shape to) = (operands.Inputs[0], operands.Outputs[0].Shape);
        return new GpuPrepared(op.Work(operands), (places, path) => Unit.Of(places[0], places[2], to.Channels) switch
        {
            2 => new UnmergeTokensLaunch<ushort>(host, places, path, from, to),
            4 => new UnmergeTokensLaunch<uint>(host, places, path, from, to),
            8 => new UnmergeTokensLaunch<ulong>(host, places, path, from, to),
            16 => new UnmergeTokensLaunch<U4>(host, places, path, from, to),
            _ => throw new ArgumentException($"A device of ILGPU moves elements of 2 bytes and more, not {from}.", nameof(operands)),
        });
    }
}
