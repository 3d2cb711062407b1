using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A linear layer or convolution in single precision, prepared for plain units that share memory: a prologue into memory of its own, then the product.</summary>
internal sealed class BlockProduct : Prepared
{
    // Operations a second, for explain alone.
    private const double Speed = 3e13;

    private readonly GpuHost _host;
    private readonly long _flops;

    private BlockProduct(GpuHost host, PortableProduct portable, long flops) => (_host, Portable, _flops) = (host, portable, flops);

    /// <summary>The same product for any units.</summary>
    public PortableProduct Portable { get; }

    /// <inheritdoc/>
    public override string Kernel => $"product in blocks, by {Portable.Types[1].Type}";

    /// <inheritdoc/>
    public override long Scratch => Portable.Scratch;

    /// <inheritdoc/>
    public override TimeSpan Estimate => TimeSpan.FromSeconds(GpuPrepared.Always + (_flops / Speed));

    /// <summary>The product, or null if the device or the type is another.</summary>
    public static BlockProduct? Of(GpuHost host, PortableProduct portable, long flops) =>
        portable.Type == ElementType.F32 && (host.Kind == GpuKind.Cuda || host.TensorCores == TensorCoreKind.Emulated) ? new BlockProduct(host, portable, flops) : null;

    /// <inheritdoc/>
    public override WeightLayout? Layout(int input) => Portable.Layout(input);

    /// <inheritdoc/>
    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        Place[] all = places.ToArray();
        Launch product = Bind(all, path);
        return Prologues.Bind(_host, Portable.Prologue, Portable.Numbers, Portable.Types, all, path) is { } front ? new LaunchPair(path, front, product) : product;
    }

    private Launch Bind(Place[] places, string path) => _host.Kind == GpuKind.Cuda ? Bind<CudaUnits>(places, path) : Bind<PlainUnits>(places, path);

    private Launch Bind<TUnits>(Place[] places, string path)
        where TUnits : struct, IUnits => ElementFormats.Of(_host, Portable.Types[1].Type) switch
        {
            ElementFormat.Float32 => new BlockProductLaunch<TUnits, float, SingleQuads>(_host, Portable, places, path),
            ElementFormat.BFloat16 => new BlockProductLaunch<TUnits, ushort, ShortQuads<BFloat16Format>>(_host, Portable, places, path),
            ElementFormat.CudaFloat16 => new BlockProductLaunch<TUnits, ushort, ShortQuads<CudaFloat16Format>>(_host, Portable, places, path),
            _ => new BlockProductLaunch<TUnits, ushort, ShortQuads<Float16Format>>(_host, Portable, places, path),
        };
}
