using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A linear layer or convolution for plain units, prepared: an expensive prologue into memory of its own, once, then the product.</summary>
internal sealed class PortableProduct : Prepared
{
    // Operations a second, for explain alone.
    private const double Speed = 2e12;

    private readonly GpuHost _host;
    private readonly ProductShape _shape;
    private readonly long _flops;
    private readonly bool _packs;

    private PortableProduct(GpuHost host, ProductShape shape, Prologue prologue, Epilogue epilogue, bool packs, long flops, in Operands operands)
    {
        (_host, _packs, _flops) = (host, packs, flops);
        (Prologue, Numbers, Types) = (prologue, new FusedOperands(prologue, epilogue), operands.Inputs.ToArray());
        Type = Types[0].Type;
        if (Type != ElementType.F32 || Types[1].Type is not (ElementType.F16 or ElementType.BF16))
        {
            ElementFormats.Require(Types[1], Type);
        }

        for (int i = 2; i < Types.Length; i++)
        {
            ElementFormats.Require(Types[i], i == Numbers.Residual ? Type : ElementType.F32);
        }

        ElementFormats.Require(operands.Outputs[0], Type);
        Result = operands.Outputs[0].Shape;
        int tileColumns = (Result.Channels + ProductKernel.Tile - 1) / ProductKernel.Tile;
        shape.Rows = Result.Rows;
        shape.Columns = Result.Channels;
        shape.Inputs = Types[0].Shape.Channels;

        // Blocks of 8 × 8 tiles, narrower where there are few channels.
        shape.BlockColumns = 8;
        while (shape.BlockColumns > 1 && shape.BlockColumns / 2 >= tileColumns)
        {
            shape.BlockColumns /= 2;
        }

        shape.Blocks = (tileColumns + shape.BlockColumns - 1) / shape.BlockColumns;
        shape.Activation = (int)epilogue.Activation;
        shape.Gated = epilogue.Gated ? 1 : 0;
        shape.Bias = epilogue.Bias ? 1 : 0;
        shape.Residual = epilogue.Residual ? 1 : 0;
        shape.RowBiasPixels = epilogue.RowBias ? Result.Rows / Types[Numbers.RowBias].Shape.Batch : 0;
        _shape = shape;
    }

    /// <summary>What happens in front.</summary>
    public Prologue Prologue { get; }

    /// <summary>The operands' numbers.</summary>
    public FusedOperands Numbers { get; }

    /// <summary>The type of input, residual and result.</summary>
    public ElementType Type { get; }

    /// <summary>The inputs' types.</summary>
    public TensorType[] Types { get; }

    /// <summary>The result's shape.</summary>
    public Shape Result { get; }

    /// <summary>Its sizes, but the strides of operands.</summary>
    public ProductShape Sizes => _shape;

    /// <inheritdoc/>
    public override string Kernel => $"portable product, {Type} by {Types[1].Type}";

    /// <inheritdoc/>
    public override long Scratch => Prologue == Prologue.None ? 0 : Prologues.Bytes(Types[0]);

    /// <inheritdoc/>
    public override TimeSpan Estimate => TimeSpan.FromSeconds(GpuPrepared.Always + (_flops / Speed));

    /// <summary>The linear layer.</summary>
    public static PortableProduct Linear(GpuHost host, Linear op, in Operands operands)
    {
        Shape x = operands.Inputs[0].Shape;
        ProductShape shape = new()
        {
            KernelHeight = 1,
            KernelWidth = 1,
            Stride = 1,
            SourceHeight = 1,
            SourceWidth = x.Rows,
            GridHeight = 1,
            GridWidth = x.Rows,
            Height = 1,
            Width = x.Rows,
            WeightOutput = x.Channels,
            WeightTap = x.Channels,
            WeightInput = 1,
        };
        return new PortableProduct(host, shape, op.Prologue, op.Epilogue, false, op.Work(operands).Flops, operands);
    }

    /// <summary>The convolution.</summary>
    public static PortableProduct Conv2d(GpuHost host, Conv2d op, in Operands operands)
    {
        (Shape x, Shape w, Shape y) = (operands.Inputs[0].Shape, operands.Inputs[1].Shape, operands.Outputs[0].Shape);
        Grid grid = op.Source(x);
        int taps = w.Width * w.Channels;
        bool rows = taps == 1 || operands.Inputs[1].Layout is TapRows;
        ProductShape shape = new()
        {
            KernelHeight = w.Width,
            KernelWidth = w.Channels,
            Stride = op.Stride,
            Top = op.Padding.Top,
            Left = op.Padding.Left,
            SourceHeight = x.Height,
            SourceWidth = x.Width,
            GridHeight = grid.Height,
            GridWidth = grid.Width,
            Height = y.Height,
            Width = y.Width,
            WeightOutput = w.Height * taps,
            WeightTap = rows ? w.Height : 1,
            WeightInput = rows ? 1 : taps,
        };
        return new PortableProduct(host, shape, op.Prologue, op.Epilogue, taps > 1, op.Work(operands).Flops, operands);
    }

    /// <inheritdoc/>
    public override WeightLayout? Layout(int input) => input == 1 && _packs ? new TapRows() : null;

    /// <inheritdoc/>
    public override Launch Bind(ReadOnlySpan<Place> places, string path) => (ElementFormats.Of(_host, Type), ElementFormats.Of(_host, Types[1].Type)) switch
    {
        (ElementFormat.Float32, ElementFormat.Float32) => Bind<float, Float32Format, float, Float32Format>(places, path),
        (ElementFormat.Float32, ElementFormat.BFloat16) => Bind<float, Float32Format, ushort, BFloat16Format>(places, path),
        (ElementFormat.Float32, ElementFormat.CudaFloat16) => Bind<float, Float32Format, ushort, CudaFloat16Format>(places, path),
        (ElementFormat.Float32, _) => Bind<float, Float32Format, ushort, Float16Format>(places, path),
        (ElementFormat.BFloat16, _) => Bind<ushort, BFloat16Format, ushort, BFloat16Format>(places, path),
        (ElementFormat.CudaFloat16, _) => Bind<ushort, CudaFloat16Format, ushort, CudaFloat16Format>(places, path),
        _ => Bind<ushort, Float16Format, ushort, Float16Format>(places, path),
    };

    private Launch Bind<TElement, TFormat, TWeightElement, TWeight>(ReadOnlySpan<Place> places, string path)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        where TWeightElement : unmanaged
        where TWeight : struct, IWeightFormat<TWeightElement>
    {
        Place[] all = places.ToArray();
        Launch? prologue = Prologues.Bind(_host, Prologue, Numbers, Types, all, path);
        ProductLaunch<TElement, TFormat, TWeightElement, TWeight> product = new(_host, this, _shape, all, path);
        return prologue is null ? product : new LaunchPair(path, prologue, product);
    }
}
