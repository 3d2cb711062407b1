using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Crop(Crop op, in Operands operands)
    {
        TensorType from = operands.Inputs[0];
        return new GpuPrepared(op.Work(operands), (places, path) => Unit.Of(places[0], places[1], from.Shape.Channels) switch
        {
            1 => new CropLaunch<byte>(host, places, path, from, op),
            2 => new CropLaunch<ushort>(host, places, path, from, op),
            4 => new CropLaunch<uint>(host, places, path, from, op),
            8 => new CropLaunch<ulong>(host, places, path, from, op),
            _ => new CropLaunch<U4>(host, places, path, from, op),
        });
    }
}
