using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a resize, a unit of <typeparamref name="T"/> at a time.</summary>
internal sealed class UpsampleLaunch<T> : GpuLaunch
    where T : unmanaged
{
    private readonly Shape _from;
    private readonly Shape _to;
    private readonly int _size;
    private readonly UpsampleParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, UpsampleParameters, ArrayView<T>, ArrayView<T>> _kernel;

    public UpsampleLaunch(GpuHost host, Place[] places, string path, TensorType fromType, TensorType toType)
        : base(host, places, path)
    {
        (Shape from, Shape to) = (_from, _to) = (fromType.Shape, toType.Shape);
        _size = fromType.Type.Size();
        int channels = Units(to.Channels), run = Math.Min(channels, Math.Max(1, Units(host.Grain)));
        _ = checked((from.Height * to.Height) + (from.Width * to.Width));
        _parameters = new UpsampleParameters
        {
            Walk = GridWalk.Of(to, channels, run),
            FromHeight = from.Height,
            FromWidth = from.Width,
            FromStride = Units(Stride(0)),
            ToStride = Units(Stride(1)),
        };
        _kernel = host.Load<UpsampleParameters, ArrayView<T>, ArrayView<T>>(UpsampleKernel.Run);
    }

    /// <inheritdoc/>
    protected override void Start() =>
        _kernel(Host.Stream, Host.Items(_parameters.Walk.Items), _parameters, View<T>(0, Units(Extent(0, _from))), View<T>(1, Units(Extent(1, _to))));

    private int Units(long elements) => checked((int)(elements * _size / Interop.SizeOf<T>()));
}
