using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared DepthToSpace(DepthToSpace op, in Operands operands)
    {
        (TensorType from, TensorType to) = (operands.Inputs[0], operands.Outputs[0]);
        ElementFormats.Require(to, from.Type);
        return new GpuPrepared(op.Work(operands), (places, path) => from.Type.Size() == sizeof(float)
            ? new DepthToSpaceLaunch<uint>(host, places, path, from.Shape, to.Shape, op)
            : new DepthToSpaceLaunch<ushort>(host, places, path, from.Shape, to.Shape, op));
    }

    private sealed class DepthToSpaceLaunch<T> : GpuLaunch
        where T : unmanaged
    {
        private readonly Shape _from;
        private readonly Shape _to;
        private readonly DepthToSpaceParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, DepthToSpaceParameters, ArrayView<T>, ArrayView<T>> _kernel;

        public DepthToSpaceLaunch(GpuHost host, Place[] places, string path, Shape from, Shape to, DepthToSpace op)
            : base(host, places, path)
        {
            (_from, _to) = (from, to);
            _parameters = new DepthToSpaceParameters
            {
                Items = to.Rows,
                Channels = to.Channels,
                Factor = op.Factor,
                Width = to.Width,
                FromStride = Stride(0),
                ToStride = Stride(1),
                Next = op.ChannelsFirst ? op.Factor * op.Factor : 1,
                Point = op.ChannelsFirst ? 1 : to.Channels,
                ByFactor = Divisor.Of(op.Factor),
                ByWidth = Divisor.Of(to.Width),
            };
            _ = checked((int)Extent(0, from) + (int)Extent(1, to));
            _kernel = host.Load<DepthToSpaceParameters, ArrayView<T>, ArrayView<T>>(DepthToSpaceKernel.Run);
        }

        protected override void Start() => _kernel(Host.Stream, Host.Items(_parameters.Items), _parameters, View<T>(0, Extent(0, _from)), View<T>(1, Extent(1, _to)));
    }
}
