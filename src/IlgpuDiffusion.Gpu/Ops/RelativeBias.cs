using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RelativeBias(RelativeBias op, in Operands operands)
    {
        (Shape from, Shape to) = (operands.Inputs[0].Shape, operands.Outputs[0].Shape);
        return new GpuPrepared(op.Work(operands), (places, path) => new RelativeBiasLaunch(host, places, path, from, to));
    }

    private sealed class RelativeBiasLaunch : GpuLaunch
    {
        private readonly Shape _from;
        private readonly Shape _to;
        private readonly RelativeBiasParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, RelativeBiasParameters, ArrayView<float>, ArrayView<float>> _kernel;

        public RelativeBiasLaunch(GpuHost host, Place[] places, string path, Shape from, Shape to)
            : base(host, places, path)
        {
            (_from, _to) = (from, to);
            _parameters = new RelativeBiasParameters { Items = to.Rows, Tokens = to.Width, FromStride = Stride(0), ToStride = Stride(1), ByTokens = Divisor.Of(to.Width) };
            _kernel = host.Load<RelativeBiasParameters, ArrayView<float>, ArrayView<float>>(RelativeBiasKernel.Run);
        }

        protected override void Start() => _kernel(Host.Stream, Host.Items(_parameters.Items), _parameters, Floats(0, _from), Floats(1, _to));
    }
}
