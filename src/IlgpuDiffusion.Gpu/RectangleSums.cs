using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RectangleSums(RectangleSums op, in Operands operands)
    {
        (TensorType from, Shape to) = (operands.Inputs[0], operands.Outputs[0].Shape);
        Stored stored = StoredType.Of(host, from.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => stored switch
        {
            Stored.Single => new RectangleSumsLaunch<float, SingleElement>(host, places, path, from.Shape, to),
            Stored.Brain => new RectangleSumsLaunch<ushort, BrainElement>(host, places, path, from.Shape, to),
            Stored.CudaHalf => new RectangleSumsLaunch<ushort, CudaHalfElement>(host, places, path, from.Shape, to),
            _ => new RectangleSumsLaunch<ushort, HalfElement>(host, places, path, from.Shape, to),
        });
    }
}
