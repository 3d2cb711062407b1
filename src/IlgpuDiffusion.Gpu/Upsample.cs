using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Upsample(Upsample op, in Operands operands)
    {
        (Shape from, Shape to) = (operands.Inputs[0].Shape, operands.Outputs[0].Shape);
        return new GpuPrepared(op.Work(operands), (places, path) => new UpsampleLaunch(host, places, path, from, to));
    }

    private sealed class UpsampleLaunch : GpuLaunch
    {
        private readonly Shape _from;
        private readonly Shape _to;
        private readonly UpsampleParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, UpsampleParameters, ArrayView<float>, ArrayView<float>> _kernel;

        public UpsampleLaunch(GpuHost host, Place[] places, string path, Shape from, Shape to)
            : base(host, places, path)
        {
            (_from, _to) = (from, to);
            int run = Math.Min(to.Channels, host.Grain), runs = (to.Channels + run - 1) / run;
            _ = checked((from.Height * to.Height) + (from.Width * to.Width));
            _parameters = new UpsampleParameters
            {
                Items = checked(to.Rows * runs),
                Channels = to.Channels,
                Run = run,
                RunsPerPoint = runs,
                FromHeight = from.Height,
                FromWidth = from.Width,
                FromStride = Stride(0),
                Height = to.Height,
                Width = to.Width,
                ToStride = Stride(1),
                ByRuns = Divisor.Of(runs),
                ByHeight = Divisor.Of(to.Height),
                ByWidth = Divisor.Of(to.Width),
            };
            _kernel = host.Load<UpsampleParameters, ArrayView<float>, ArrayView<float>>(UpsampleKernel.Run);
        }

        protected override void Start() => _kernel(Host.Stream, Host.Items(_parameters.Items), _parameters, Floats(0, _from), Floats(1, _to));
    }
}
