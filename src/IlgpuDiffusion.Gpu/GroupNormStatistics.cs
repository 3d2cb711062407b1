using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        return new GpuPrepared(op.Work(operands), (places, path) => new GroupNormLaunch(host, places, path, shape, op), GroupNormLaunch.Scratch(shape));
    }

    private sealed class GroupNormLaunch : GpuLaunch
    {
        private readonly Shape _shape;
        private readonly GroupNormParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<float>, ArrayView<float>> _slots;
        private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<float>, ArrayView<double>> _channels;
        private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<double>, ArrayView<float>, ArrayView<float>, ArrayView<float>> _groups;

        public GroupNormLaunch(GpuHost host, Place[] places, string path, Shape shape, GroupNormStatistics op)
            : base(host, places, path)
        {
            _shape = shape;
            int slots = SlotsPerImage(shape), run = Math.Min(shape.Channels, Math.Max(1, host.Grain / SlotTokens(shape))), runs = (shape.Channels + run - 1) / run;
            _parameters = new GroupNormParameters
            {
                Epsilon = op.Epsilon,
                Images = shape.Batch,
                Tokens = shape.Tokens,
                Channels = shape.Channels,
                Groups = op.Groups,
                PerGroup = shape.Channels / op.Groups,
                Slots = slots,
                SlotTokens = SlotTokens(shape),
                SlotItems = checked(shape.Batch * slots * runs),
                Run = run,
                RunsPerSlot = runs,
                FromStride = Stride(0),
                ToStride = Stride(3),
                ByRuns = Divisor.Of(runs),
                BySlots = Divisor.Of(slots),
                ByChannels = Divisor.Of(shape.Channels),
                ByGroups = Divisor.Of(op.Groups),
            };
            _slots = host.Load<GroupNormParameters, ArrayView<float>, ArrayView<float>>(GroupNormKernel.Slots);
            _channels = host.Load<GroupNormParameters, ArrayView<float>, ArrayView<double>>(GroupNormKernel.Channels);
            _groups = host.Load<GroupNormParameters, ArrayView<double>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(GroupNormKernel.Groups);
        }

        public static long Scratch(Shape shape) => ChannelBytes(shape) + SlotBytes(shape);

        protected override void Start()
        {
            nint scratch = Address(4);
            ArrayView<double> channels = Host.View<double>(scratch, ChannelBytes(_shape) / sizeof(double));
            ArrayView<float> slots = Host.View<float>(scratch + (nint)ChannelBytes(_shape), SlotBytes(_shape) / sizeof(float));
            Shape vector = Shape.Vector(_shape.Channels);
            _slots(Host.Stream, Host.Items(_parameters.SlotItems), _parameters, Floats(0, _shape), slots);
            _channels(Host.Stream, Host.Items(_shape.Batch * _shape.Channels), _parameters, slots, channels);
            _groups(Host.Stream, Host.Items(_shape.Batch * _parameters.Groups), _parameters, channels, Floats(1, vector), Floats(2, vector), Floats(3, new Shape(_shape.Batch, 1, 1, 2 * _shape.Channels)));
        }

        private static long ChannelBytes(Shape shape) => (long)shape.Batch * 2 * shape.Channels * sizeof(double);

        private static long SlotBytes(Shape shape) => (long)shape.Batch * SlotsPerImage(shape) * 2 * shape.Channels * sizeof(float);

        private static int SlotsPerImage(Shape shape) => (shape.Tokens + SlotTokens(shape) - 1) / SlotTokens(shape);

        // The power of two at or above the root of the grid points: as many to add in a slot as there are slots.
        private static int SlotTokens(Shape shape) => 1 << ((BitOperations.Log2((uint)shape.Tokens) + 1) / 2);
    }
}
