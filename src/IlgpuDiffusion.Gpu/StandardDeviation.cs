using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared StandardDeviation(StandardDeviation op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        Stored stored = StoredType.Of(host, x.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => stored switch
            {
                Stored.Single => new StandardDeviationLaunch<float, SingleElement>(host, places, path, x.Shape),
                Stored.Brain => new StandardDeviationLaunch<ushort, BrainElement>(host, places, path, x.Shape),
                Stored.CudaHalf => new StandardDeviationLaunch<ushort, CudaHalfElement>(host, places, path, x.Shape),
                _ => new StandardDeviationLaunch<ushort, HalfElement>(host, places, path, x.Shape),
            },
            DeviationSlots.Bytes(x.Shape));
    }
}
