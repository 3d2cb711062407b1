using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared WeightedSum(WeightedSum op, in Operands operands)
    {
        Shape shape = operands.Outputs[0].Shape;
        ElementFormats.Require(operands.Inputs[0], ElementType.F32);
        foreach (TensorType term in operands.Inputs[1..])
        {
            ElementFormats.Require(term, operands.Outputs[0].Type);
        }

        ElementFormat format = ElementFormats.Of(host, operands.Outputs[0].Type);
        return new GpuPrepared(op.Work(operands), (places, path) => format switch
        {
            ElementFormat.Float32 => new WeightedSumLaunch<float, Float32Format>(host, places, path, shape),
            ElementFormat.BFloat16 => new WeightedSumLaunch<ushort, BFloat16Format>(host, places, path, shape),
            ElementFormat.CudaFloat16 => new WeightedSumLaunch<ushort, CudaFloat16Format>(host, places, path, shape),
            _ => new WeightedSumLaunch<ushort, Float16Format>(host, places, path, shape),
        });
    }
}
