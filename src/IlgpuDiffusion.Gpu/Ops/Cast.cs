using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Cast(Cast op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];
        Work work = op.Work(operands);
        return type.Type switch
        {
            ElementType.F32 => From<Float32Format, float>(),
            ElementType.F16 => From<Float16Format, ushort>(),
            ElementType.BF16 => From<BFloat16Format, ushort>(),
            ElementType.F64 => From<Float64Format, double>(),
            ElementType.F8E4M3 => From<E4M3Element, byte>(),
            ElementType.F8E5M2 => From<E5M2Element, byte>(),
            _ => throw Refused(),
        };

        GpuPrepared From<TFrom, TFromElement>()
            where TFrom : struct, IWeightFormat<TFromElement>
            where TFromElement : unmanaged => op.To switch
            {
                ElementType.F32 => new GpuPrepared(work, (places, path) => new CastLaunch<TFrom, TFromElement, Float32Format, float>(host, places, path, type.Shape)),
                ElementType.F16 => new GpuPrepared(work, (places, path) => new CastLaunch<TFrom, TFromElement, Float16Format, ushort>(host, places, path, type.Shape)),
                ElementType.BF16 => new GpuPrepared(work, (places, path) => new CastLaunch<TFrom, TFromElement, BFloat16Format, ushort>(host, places, path, type.Shape)),
                _ => throw Refused(),
            };

        NotSupportedException Refused() => new($"A device of ILGPU casts float types to F32, F16 and BF16, not {type.Type} to {op.To}.");
    }

    private sealed class CastLaunch<TFrom, TFromElement, TTo, TToElement> : GpuLaunch
        where TFrom : struct, IWeightFormat<TFromElement>
        where TFromElement : unmanaged
        where TTo : struct, IElementFormat<TToElement>
        where TToElement : unmanaged
    {
        private readonly Shape _shape;
        private readonly RowCopyParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<TFromElement>, ArrayView<TToElement>> _kernel;

        public CastLaunch(GpuHost host, Place[] places, string path, Shape shape)
            : base(host, places, path)
        {
            _shape = shape;
            _parameters = new RowCopyParameters { Runs = LineRuns.Of(shape.Rows, shape.Channels, host.Grain, 1), From = Stride(0), To = Stride(1) };
            _kernel = host.Load<RowCopyParameters, ArrayView<TFromElement>, ArrayView<TToElement>>(CastKernel.Run<TFrom, TFromElement, TTo, TToElement>);
        }

        protected override void Start() =>
            _kernel(Host.Stream, Host.Items(_parameters.Runs.Items), _parameters, View<TFromElement>(0, Extent(0, _shape)), View<TToElement>(1, Extent(1, _shape)));
    }
}
