using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a group norm from sums.</summary>
internal sealed class SummedNormLaunch : GpuLaunch
{
    private readonly Shape _sums;
    private readonly SummedNormParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, SummedNormParameters, ArrayView<double>, ArrayView<float>, ArrayView<float>, ArrayView<float>> _kernel;

    public SummedNormLaunch(GpuHost host, Place[] places, string path, Shape sums, GroupNormFromSums op)
        : base(host, places, path)
    {
        _sums = sums;
        int channels = sums.Channels / 2;
        _parameters = new SummedNormParameters
        {
            Epsilon = op.Epsilon,
            Images = sums.Batch,
            Tokens = op.Tokens,
            Channels = channels,
            Groups = op.Groups,
            PerGroup = channels / op.Groups,
            Slots = sums.Width,
            FromStride = Stride(0),
            ToStride = Stride(3),
            ByGroups = Divisor.Of(op.Groups),
        };
        _kernel = host.Load<SummedNormParameters, ArrayView<double>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(RectangleSumsKernel.Normalize);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        Shape vector = Shape.Vector(_parameters.Channels);
        _kernel(
            Host.Stream,
            Host.Items(_parameters.Images * _parameters.Groups),
            _parameters,
            View<double>(0, Extent(0, _sums)),
            Floats(1, vector),
            Floats(2, vector),
            Floats(3, new Shape(_sums.Batch, 1, 1, _sums.Channels)));
    }
}
