using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared StandardDeviation(StandardDeviation op, in Operands operands)
    {
        TensorType x = operands.Inputs[0];
        ElementFormat format = ElementFormats.Of(host, x.Type);
        return new GpuPrepared(
            op.Work(operands),
            (places, path) => format switch
            {
                ElementFormat.Float32 => new StandardDeviationLaunch<float, Float32Format>(host, places, path, x.Shape),
                ElementFormat.BFloat16 => new StandardDeviationLaunch<ushort, BFloat16Format>(host, places, path, x.Shape),
                ElementFormat.CudaFloat16 => new StandardDeviationLaunch<ushort, CudaFloat16Format>(host, places, path, x.Shape),
                _ => new StandardDeviationLaunch<ushort, Float16Format>(host, places, path, x.Shape),
            },
            DeviationSlots.Bytes(x.Shape));
    }
}
