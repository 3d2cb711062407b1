using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>The slots that an image's deviation is taken in.</summary>
internal static class DeviationSlots
{
    /// <summary>Grid points of a slot.</summary>
    public const int Tokens = 64;

    /// <summary>Slots of an image.</summary>
    public static int PerImage(Shape shape) => (shape.Tokens + Tokens - 1) / Tokens;

    /// <summary>Bytes of their sums.</summary>
    public static long Bytes(Shape shape) => (long)shape.Batch * PerImage(shape) * 2 * sizeof(double);
}

/// <summary>A launch of images' standard deviations.</summary>
internal sealed class StandardDeviationLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly StandardDeviationParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, StandardDeviationParameters, ArrayView<TElement>, ArrayView<double>> _slots;
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
            Slots = DeviationSlots.PerImage(shape),
            SlotTokens = DeviationSlots.Tokens,
            FromStride = Stride(0),
            ToStride = Stride(1),
            BySlots = Divisor.Of(DeviationSlots.PerImage(shape)),
        };
        _slots = host.Load<StandardDeviationParameters, ArrayView<TElement>, ArrayView<double>>(StandardDeviationKernel.Slots<TElement, TFormat>);
        _images = host.Load<StandardDeviationParameters, ArrayView<double>, ArrayView<float>>(StandardDeviationKernel.Images);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        int slots = _parameters.Images * _parameters.Slots;
        ArrayView<double> scratch = View<double>(2, 2L * slots);
        _slots(Host.Stream, Host.Items(slots), _parameters, View<TElement>(0, Extent(0, _shape)), scratch);
        _images(Host.Stream, Host.Items(_parameters.Images), _parameters, scratch, Floats(1, new Shape(_shape.Batch, 1, 1, 1)));
    }
}
