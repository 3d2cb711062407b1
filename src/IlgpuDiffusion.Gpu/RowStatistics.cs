using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RowStatistics(RowStatistics op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        return new GpuPrepared(op.Work(operands), (places, path) => new RowStatisticsLaunch(host, places, path, shape, op.Epsilon));
    }

    private sealed class RowStatisticsLaunch : GpuLaunch
    {
        private readonly Shape _shape;
        private readonly RowStatisticsParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, RowStatisticsParameters, ArrayView<float>, ArrayView<float>> _kernel;

        public RowStatisticsLaunch(GpuHost host, Place[] places, string path, Shape shape, double epsilon)
            : base(host, places, path)
        {
            _shape = shape;
            _parameters = new RowStatisticsParameters
            {
                Epsilon = epsilon,
                Rows = shape.Rows,
                Channels = shape.Channels,
                FromStride = Stride(0),
                ToStride = Stride(1),
                RowsPerItem = Math.Max(1, host.Grain / shape.Channels),
            };
            _kernel = host.Load<RowStatisticsParameters, ArrayView<float>, ArrayView<float>>(RowStatisticsKernel.Run);
        }

        protected override void Start()
        {
            int items = (_parameters.Rows + _parameters.RowsPerItem - 1) / _parameters.RowsPerItem;
            _kernel(Host.Stream, Host.Items(items), _parameters, Floats(0, _shape), Floats(1, _shape with { Channels = 2 }));
        }
    }
}
