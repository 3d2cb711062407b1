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
        ElementFormats.Require(types[2], ElementType.F32);
        ElementFormats.Require(types[4], ElementType.F32);
        ElementFormat format = ElementFormats.Of(host, types[0].Type);
        return new GpuPrepared(op.Work(operands), (places, path) => format switch
        {
            ElementFormat.Float32 => new ResampleLaunch<float, Float32Format>(host, places, path, types, to),
            ElementFormat.BFloat16 => new ResampleLaunch<ushort, BFloat16Format>(host, places, path, types, to),
            ElementFormat.CudaFloat16 => new ResampleLaunch<ushort, CudaFloat16Format>(host, places, path, types, to),
            _ => new ResampleLaunch<ushort, Float16Format>(host, places, path, types, to),
        });
    }
}
