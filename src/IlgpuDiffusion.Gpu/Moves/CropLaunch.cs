using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a crop, in units of some bytes.</summary>
internal sealed class CropLaunch<T> : GpuLaunch
    where T : unmanaged
{
    private readonly Shape _from;
    private readonly Shape _to;
    private readonly int _size;
    private readonly CropParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, CropParameters, ArrayView<T>, ArrayView<T>> _kernel;

    public CropLaunch(GpuHost host, Place[] places, string path, TensorType from, Crop op)
        : base(host, places, path)
    {
        (_from, _size) = (from.Shape, from.Type.Size());
        _to = _from with { Height = op.Height, Width = op.Width };
        int channels = Units(_to.Channels), run = Math.Min(channels, Math.Max(1, Units(host.Grain)));
        _parameters = new CropParameters
        {
            Walk = GridWalk.Of(_to, channels, run),
            FromHeight = _from.Height,
            FromWidth = _from.Width,
            FromStride = Units(Stride(0)),
            Top = op.Top,
            Left = op.Left,
            ToStride = Units(Stride(1)),
        };
        _ = Units(Extent(0, _from));
        _kernel = host.Load<CropParameters, ArrayView<T>, ArrayView<T>>(CropKernel.Run);
    }

    /// <inheritdoc/>
    protected override void Start() =>
        _kernel(Host.Stream, Host.Items(_parameters.Walk.Items), _parameters, View<T>(0, Units(Extent(0, _from))), View<T>(1, Units(Extent(1, _to))));

    private int Units(long elements) => checked((int)(elements * _size / Interop.SizeOf<T>()));
}
