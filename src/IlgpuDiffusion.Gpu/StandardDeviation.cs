using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared StandardDeviation(StandardDeviation op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        long scratch = (long)shape.Batch * StandardDeviationLaunch.SlotsPerImage(shape) * 2 * sizeof(double);
        return new GpuPrepared(op.Work(operands), (places, path) => new StandardDeviationLaunch(host, places, path, shape), scratch);
    }

    private sealed class StandardDeviationLaunch : GpuLaunch
    {
        private const int SlotTokens = 64;

        private readonly Shape _shape;
        private readonly StandardDeviationParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, StandardDeviationParameters, ArrayView<float>, ArrayView<double>> _slots;
        private readonly Action<AcceleratorStream, KernelConfig, StandardDeviationParameters, ArrayView<double>, ArrayView<float>> _images;

        public StandardDeviationLaunch(GpuHost host, Place[] places, string path, Shape shape)
            : base(host, places, path)
        {
            _shape = shape;
            _parameters = new StandardDeviationParameters
            {
                Images = shape.Batch,
                Tokens = shape.Tokens,
                Channels = shape.Channels,
                Slots = SlotsPerImage(shape),
                SlotTokens = SlotTokens,
                FromStride = Stride(0),
                ToStride = Stride(1),
                BySlots = Divisor.Of(SlotsPerImage(shape)),
            };
            _slots = host.Load<StandardDeviationParameters, ArrayView<float>, ArrayView<double>>(StandardDeviationKernel.Slots);
            _images = host.Load<StandardDeviationParameters, ArrayView<double>, ArrayView<float>>(StandardDeviationKernel.Images);
        }

        public static int SlotsPerImage(Shape shape) => (shape.Tokens + SlotTokens - 1) / SlotTokens;

        protected override void Start()
        {
            int slots = _parameters.Images * _parameters.Slots;
            ArrayView<double> scratch = View<double>(2, 2L * slots);
            _slots(Host.Stream, Host.Items(slots), _parameters, Floats(0, _shape), scratch);
            _images(Host.Stream, Host.Items(_parameters.Images), _parameters, scratch, Floats(1, new Shape(_shape.Batch, 1, 1, 1)));
        }
    }
}
