using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A linear layer or convolution for tensor cores, prepared: a prologue into memory of its own, then the product. Operands that are not laid out for it go to the portable kernel.</summary>
internal sealed class TensorProduct : Prepared
{
    // Operations a second, for explain alone.
    private const double Speed = 4e14;

    // K is copied 32 columns at a time, and within them a convolution's channels end once at most.
    private const int LeastChannels = GemmTile.Depth;

    private readonly GpuHost _host;
    private readonly GemmShape _shape;
    private readonly Prologue _prologue;
    private readonly Prepared _portable;
    private readonly long _flops;

    private TensorProduct(GpuHost host, GemmShape shape, Prologue prologue, Epilogue epilogue, Prepared portable, long flops, in Operands operands)
    {
        (_host, _prologue, _portable, _flops) = (host, prologue, portable, flops);
        (Types, Result, Numbers) = (operands.Inputs.ToArray(), operands.Outputs[0], new FusedOperands(prologue, epilogue));
        Parts = Result.Shape.Rows <= ushort.MaxValue ? SplitChoice.Parts(Result.Shape.Tokens, shape.N, shape.K, host.PartSteps) : 1;
        Columns = Parts > 1 ? TileChoice.Narrow : TileChoice.Columns(Result.Shape.Rows, shape.N, host.Processors);

        // Resized pictures are large; what is emulated pays for every item that meets others.
        EightWarps = host.TensorCores == TensorCoreKind.Cuda && (Parts > 1 || (host.EightWarps && !shape.IsResized && TileChoice.HasEightWarps(Result.Shape.Rows, shape.N, Columns, host.Processors)));
        int outputs = epilogue.Gated ? Columns / 2 : Columns;
        shape.M = Result.Shape.Rows;
        shape.StrideW = shape.K / 8;
        shape.TilesM = (shape.M + GemmTile.Rows - 1) / GemmTile.Rows;
        shape.TilesN = (Result.Shape.Channels + outputs - 1) / outputs;
        shape.HasBias = epilogue.Bias ? 1 : 0;
        shape.RowsPerRowBias = epilogue.RowBias ? shape.M / Types[Numbers.RowBias].Shape.Batch : 0;
        shape.Gated = epilogue.Gated ? 1 : 0;
        shape.HasResidual = epilogue.Residual ? 1 : 0;
        shape.Activation = epilogue.Activation;
        _shape = shape;
    }

    /// <summary>The operands' numbers.</summary>
    public FusedOperands Numbers { get; }

    /// <summary>The inputs' types.</summary>
    public TensorType[] Types { get; }

    /// <summary>The result's type.</summary>
    public TensorType Result { get; }

    /// <summary>Columns of a group's tile.</summary>
    public int Columns { get; }

    /// <summary>Whether eight warps make a tile rather than four.</summary>
    public bool EightWarps { get; }

    /// <summary>Parts of K that groups share.</summary>
    public int Parts { get; }

    /// <summary>Whether operands at these places are for tensor cores: a weight packed as they want it, rows that begin where copies may.</summary>
    public bool Takes(ReadOnlySpan<Place> places) =>
        (_portable.Layout(1) is null || Types[1].Layout is TapRows)
        && IsAt(places[1], 16, 1)
        && (_prologue != Prologue.None || IsAt(places[0], 16, 8))

        // Of the result and the residual whole words are looked at.
        && IsAt(places[Numbers.Count], sizeof(uint), 1)
        && (Numbers.Residual < 0 || IsAt(places[Numbers.Residual], sizeof(uint), 1));

    /// <inheritdoc/>
    public override string Kernel => $"{(!_shape.IsPicture ? "product" : _shape.IsResized ? "resized convolution" : "convolution")} on tensor cores, 128×{Columns} {Types[0].Type}{(Parts > 1 ? ", in parts" : "")}";

    /// <inheritdoc/>
    public override long Scratch => Parts > 1 ? Front + ((long)Parts * _shape.M * _shape.N * sizeof(float)) : _portable.Scratch;

    /// <inheritdoc/>
    public override TimeSpan Estimate => TimeSpan.FromSeconds(GpuPrepared.Always + (_flops / Speed));

    /// <summary>The linear layer, or null if tensor cores do not take it.</summary>
    public static TensorProduct? Linear(GpuHost host, Linear op, Prepared portable, in Operands operands)
    {
        GemmShape shape = new() { N = operands.Inputs[1].Shape.Width, K = operands.Inputs[0].Shape.Channels };
        return Fits(host, op.Epilogue, operands)
            ? new TensorProduct(host, shape, op.Prologue, op.Epilogue, portable, op.Work(operands).Flops, operands)
            : null;
    }

    /// <summary>The convolution, or null if tensor cores do not take it.</summary>
    public static TensorProduct? Conv2d(GpuHost host, Conv2d op, Prepared portable, in Operands operands)
    {
        (Shape x, Shape kernel, Shape y) = (operands.Inputs[0].Shape, operands.Inputs[1].Shape, operands.Outputs[0].Shape);
        Grid grid = op.Source(x);
        if (!Fits(host, op.Epilogue, operands) || x.Channels < LeastChannels || Math.Max(Math.Max(grid.Height, grid.Width), Math.Max(x.Height, x.Width)) > short.MaxValue)
        {
            return null;
        }

        GemmShape shape = new()
        {
            N = kernel.Batch,
            K = kernel.Height * kernel.Width * kernel.Channels,
            Picture = new PictureShape
            {
                Height = x.Height,
                Width = x.Width,
                GridHeight = grid.Height,
                GridWidth = grid.Width,
                ResultHeight = y.Height,
                ResultWidth = y.Width,
                Chunks = x.Channels / 8,
                KernelWidth = kernel.Channels,
                Stride = op.Stride,
                Top = op.Padding.Top,
                Left = op.Padding.Left,
                RowFactor = PictureShape.Factor(x.Height, grid.Height),
                ColumnFactor = PictureShape.Factor(x.Width, grid.Width),
            },
        };
        return new TensorProduct(host, shape, op.Prologue, op.Epilogue, portable, op.Work(operands).Flops, operands);
    }

    /// <inheritdoc/>
    public override WeightLayout? Layout(int input) => _portable.Layout(input);

    /// <inheritdoc/>
    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        if (!Takes(places))
        {
            return _portable.Bind(places, path);
        }

        Place[] all = places.ToArray();
        Place x = Prologues.Input(_prologue, Numbers, Types[0], all), y = places[Numbers.Count];
        Launch? front = Prologues.Bind(_host, _prologue, Numbers, Types, all, path);
        GemmShape shape = _shape;
        shape.StrideA = x.RowStride / 8;
        shape.StrideC = y.RowStride;
        shape.StrideRowBias = Numbers.RowBias < 0 ? 0 : places[Numbers.RowBias].RowStride;
        bool fours = IsAt(y, 8, 4);
        if (Numbers.Residual >= 0)
        {
            Place residual = places[Numbers.Residual];
            shape.StrideResidual = residual.RowStride;
            fours &= IsAt(residual, 8, 4);
        }

        shape.Fours = fours ? 1 : 0;
        Place[] sums = Parts > 1 ? [places[Numbers.Count + 1] with { Offset = places[Numbers.Count + 1].Offset + Front, RowStride = shape.N, Type = ElementType.F32 }] : [];
        Place[] operands = [x, .. places[1..(Numbers.Count + 1)], .. sums];
        GpuLaunch product = Parts > 1 ? new SplitProductLaunch(_host, this, shape, operands, path) : new TensorProductLaunch(_host, this, shape, operands, path);
        return front is null ? product : new LaunchPair(path, front, product);
    }

    // Bytes of scratch in front of the parts' sums: what a prologue makes.
    private long Front => (_portable.Scratch + 255) / 256 * 256;

    // Whether rows begin at multiples of so many bytes, and lie a multiple of so many elements apart.
    private static bool IsAt(in Place place, int bytes, int elements) => place.Offset % bytes == 0 && place.RowStride % elements == 0;

    private static bool Fits(GpuHost host, Epilogue epilogue, in Operands operands)
    {
        (TensorType x, TensorType w) = (operands.Inputs[0], operands.Inputs[1]);
        return host.TensorCores != TensorCoreKind.None
            && x.Type is ElementType.F16 or ElementType.BF16
            && w.Type == x.Type
            && x.Shape.Channels % 8 == 0

            // Chunks, and places of row biases, are counted in 32 bits.
            && Math.Max(Math.Max(x.Shape.Count, w.Shape.Count), operands.Outputs[0].Shape.Count * (epilogue.Gated ? 2 : 1)) / 8 < int.MaxValue / 2;
    }
}
