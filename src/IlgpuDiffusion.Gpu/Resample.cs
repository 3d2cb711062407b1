using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Resample(Resample op, in Operands operands)
    {
        TensorType[] types = operands.Inputs.ToArray();
        Shape to = operands.Outputs[0].Shape;
        StoredType.Require(types[2], ElementType.F32);
        StoredType.Require(types[4], ElementType.F32);
        Stored stored = StoredType.Of(host, types[0].Type);
        return new GpuPrepared(op.Work(operands), (places, path) => stored switch
        {
            Stored.Single => new ResampleLaunch<float, SingleElement>(host, places, path, types, to),
            Stored.Brain => new ResampleLaunch<ushort, BrainElement>(host, places, path, types, to),
            Stored.CudaHalf => new ResampleLaunch<ushort, CudaHalfElement>(host, places, path, types, to),
            _ => new ResampleLaunch<ushort, HalfElement>(host, places, path, types, to),
        });
    }
}
