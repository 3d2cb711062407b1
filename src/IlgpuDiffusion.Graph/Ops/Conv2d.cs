namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// Two-dimensional cross-correlation: x [B, h, w, I], weight [O, I, kh, kw] (any float type) → [B, H, W, O] with
/// H = (h + top + bottom − kh) / stride + 1, zeros outside. Further operands: <see cref="FusedOperands"/>.
/// With <paramref name="Sums"/> a second result, F64 [B, 1, Sums, 2O]: Σx and Σx² of the first one's grid points for each channel, divided over
/// slots as the device likes.
/// </summary>
/// <param name="Stride">Step in both directions.</param>
/// <param name="Padding">Rows and columns of zeros; they are zeros after the prologue.</param>
/// <param name="Resize">A nearest-neighbour resize of the input in front, or none.</param>
/// <param name="Prologue">What happens to x in front (before <paramref name="Resize"/> and padding).</param>
/// <param name="Epilogue">What happens to the result.</param>
/// <param name="Winograd">Whether the device may take Winograd's minimal filtering, which needs fewer products and rounds differently.</param>
/// <param name="Phases">Whether the device may add the taps that meet the same pixel of a doubled picture before it multiplies, which needs fewer products and rounds differently.</param>
/// <param name="Sums">How many slots of sums for a group norm follow the result: what <see cref="Capabilities.SumSlots"/> says, or 0 for none.</param>
internal sealed record Conv2d(int Stride, Padding Padding, Grid Resize = default, Prologue Prologue = Prologue.None, Epilogue Epilogue = default, bool Winograd = false, bool Phases = false, int Sums = 0) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <summary>The numbers of the operands.</summary>
    public FusedOperands Operands => new(Prologue, Epilogue);

    /// <inheritdoc/>
    public override bool IsHeavy => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => Operands.Role(input);

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        Require(inputs.Length >= 2, "takes x and a weight.");
        (Shape x, Shape w) = (inputs[0].Shape, inputs[1].Shape);
        Require(w.Height == x.Channels, $"the weight for {x} must be [O, {x.Channels}, kh, kw], not {w}.");
        Require(inputs[0].Type.IsStorage(), $"x must be F32, F16 or BF16, not {inputs[0]}.");
        Require(Stride > 0 && Padding is { Top: >= 0, Left: >= 0, Bottom: >= 0, Right: >= 0 }, $"stride {Stride} and {Padding} must not be negative.");
        Require(!Epilogue.Gated, "has no gate.");
        Require(Prologue != Prologue.LayerNorm, "takes no layer norm.");
        Require(!Phases || HasPhases(x, w), $"has no phases: they need a 3×3 kernel with padding 1 on the doubled {x}.");
        Grid grid = Source(x);
        int height = (grid.Height + Padding.Top + Padding.Bottom - w.Width) / Stride + 1;
        int width = (grid.Width + Padding.Left + Padding.Right - w.Channels) / Stride + 1;
        Require(height > 0 && width > 0, $"a kernel of {w.Width}×{w.Channels} does not fit {x} with {Padding}.");
        Shape result = new(x.Batch, height, width, w.Batch);
        Operands.Check(Name, inputs, Prologue, x, w.Batch, result);
        for (int i = 1; i < inputs.Length; i++)
        {
            RequireType(inputs, i, Operands.Describe(i));
        }

        Require(Sums >= 0, $"cannot leave {Sums} slots of sums.");
        TensorType sums = new(new Shape(x.Batch, 1, Sums, 2 * w.Batch), ElementType.F64);
        return Sums == 0 ? [Like(inputs[0], result)] : [Like(inputs[0], result), sums];
    }

    /// <summary>The grid that the kernel slides over: the input's, or the resized one.</summary>
    public Grid Source(Shape x) => Resize == default ? new Grid(x.Height, x.Width) : Resize;

    /// <summary>
    /// Whether the kernel is 3×3 with padding 1 and slides over the picture doubled: then the outputs (2i + p, 2j + q) of each phase (p, q) are a
    /// 2×2 convolution of the picture.
    /// </summary>
    public bool HasPhases(Shape x, Shape weight) =>
        Stride == 1 && weight is { Width: 3, Channels: 3 } && Padding == Padding.All(1) && Resize == new Grid(2 * x.Height, 2 * x.Width);

    /// <inheritdoc/>
    public override Work Work(in Operands operands)
    {
        Shape w = operands.Inputs[1].Shape;
        return base.Work(operands) with { Flops = 2L * operands.Outputs[0].Shape.Count * w.Height * w.Width * w.Channels };
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Conv2d(this, operands);
}

/// <summary>Rows and columns of zeros around a picture.</summary>
internal readonly record struct Padding(int Top, int Left, int Bottom, int Right)
{
    /// <summary>The same on all sides.</summary>
    public static Padding All(int size) => new(size, size, size, size);
}

/// <summary>A grid's size.</summary>
public readonly record struct Grid(int Height, int Width);

/// <summary><see cref="Conv2d"/> on values.</summary>
internal static class Conv2dValues
{
    extension(Value x)
    {
        /// <summary>The convolution with weight [O, I, kh, kw]; a 1×1 kernel of stride 1 is a <see cref="Ops.Linear"/>.</summary>
        public Value Conv2d(Value weight, int stride, Padding padding, string? path = null) => x.Graph.Apply(new Conv2d(stride, padding), [x, weight], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Conv2d"/>.</summary>
    Prepared Conv2d(Conv2d op, in Operands operands);
}
