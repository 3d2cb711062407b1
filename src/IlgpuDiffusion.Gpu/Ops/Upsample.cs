using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Upsample(Upsample op, in Operands operands)
    {
        (TensorType from, TensorType to) = (operands.Inputs[0], operands.Outputs[0]);
        ElementFormats.Require(to, from.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => Unit.Of(places[0], places[1], from.Shape.Channels) switch
        {
            2 => new UpsampleLaunch<ushort>(host, places, path, from, to),
            4 => new UpsampleLaunch<uint>(host, places, path, from, to),
            8 => new UpsampleLaunch<ulong>(host, places, path, from, to),
            16 => new UpsampleLaunch<U4>(host, places, path, from, to),
            _ => throw new ArgumentException($"A device of ILGPU resizes elements of 2 bytes and more, not {from}.", nameof(operands)),
        });
    }
}
