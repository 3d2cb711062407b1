namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>What a matrix product does to its left input while reading it.</summary>
internal enum Prologue
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x · scale + shift per image and channel; one more operand, [R, 1, 1, 2C].</summary>
    ScaleShift,

    /// <summary>The same, then SiLU.</summary>
    ScaleShiftSilu,

    /// <summary>(x − mean) · rstd · γ + β; three more operands: statistics [B, H, W, 2], γ, β [1, 1, 1, C].</summary>
    LayerNorm,
}

/// <summary>What a matrix product does to its result before writing it, in this order: bias, row bias, activation or gate, residual.</summary>
/// <param name="Bias">+ bias [1, 1, 1, N].</param>
/// <param name="RowBias">+ a vector per image, [R, 1, 1, N], R dividing the batch.</param>
/// <param name="Activation">Applied to the sum, or to the gates if <paramref name="Gated"/>.</param>
/// <param name="Gated">value · activation(gate): the weight's first half of rows gives values, the second gates; the result has N/2 channels.</param>
/// <param name="Residual">+ a tensor of the result's shape.</param>
internal readonly record struct Epilogue(bool Bias = false, bool RowBias = false, Activation Activation = Activation.None, bool Gated = false, bool Residual = false);

/// <summary>The operand numbers of a matrix product with prologue and epilogue: x, weight, prologue's, bias, row bias, residual; −1 for one that is not there.</summary>
internal readonly record struct FusedOperands
{
    /// <summary>For an op's prologue and epilogue.</summary>
    public FusedOperands(Prologue prologue, Epilogue epilogue)
    {
        int next = 2;
        Prologue = prologue == Ops.Prologue.None ? -1 : next;
        next += prologue switch { Ops.Prologue.None => 0, Ops.Prologue.LayerNorm => 3, _ => 1 };
        Bias = epilogue.Bias ? next++ : -1;
        RowBias = epilogue.RowBias ? next++ : -1;
        Residual = epilogue.Residual ? next++ : -1;
        Count = next;
    }

    /// <summary>The first operand of the prologue.</summary>
    public int Prologue { get; }

    /// <summary>The bias.</summary>
    public int Bias { get; }

    /// <summary>The vector per image.</summary>
    public int RowBias { get; }

    /// <summary>The tensor that is added last.</summary>
    public int Residual { get; }

    /// <summary>How many operands there are.</summary>
    public int Count { get; }

    /// <summary>What an operand is: x, the residual and the weight in the storage type, all else F32.</summary>
    public OperandRole Role(int input) => input == 0 || input == Residual ? OperandRole.Activation : input == 1 ? OperandRole.Weight : OperandRole.Exact;

    /// <summary>What errors call an operand.</summary>
    internal string Describe(int input) =>
        input == 1 ? "the weight" : input == Bias ? "the bias" : input == RowBias ? "the row bias" : input == Residual ? "the residual" : "scale, shift and statistics";

    /// <summary>Checks the extra operands of a product of <paramref name="x"/> that has <paramref name="outputs"/> columns and gives <paramref name="result"/>.</summary>
    internal void Check(string op, ReadOnlySpan<TensorType> inputs, Prologue prologue, Shape x, int outputs, Shape result)
    {
        ShapeException.Require(inputs.Length == Count, $"{op}: takes {Count} inputs, was given {inputs.Length}.");
        if (prologue is Ops.Prologue.ScaleShift or Ops.Prologue.ScaleShiftSilu)
        {
            Shape s = inputs[Prologue].Shape;
            ShapeException.Require(s.Tokens == 1 && s.Channels == 2 * x.Channels && x.Batch % s.Batch == 0, $"{op}: scale and shift of {x} are {s}.");
        }
        else if (prologue == Ops.Prologue.LayerNorm)
        {
            ShapeException.Require(inputs[Prologue].Shape == x with { Channels = 2 }, $"{op}: statistics of {x} are {inputs[Prologue].Shape}.");
            ShapeException.Require(inputs[Prologue + 1].Shape == Shape.Vector(x.Channels) && inputs[Prologue + 2].Shape == Shape.Vector(x.Channels), $"{op}: γ and β of {x} are {inputs[Prologue + 1].Shape} and {inputs[Prologue + 2].Shape}.");
        }

        ShapeException.Require(Bias < 0 || inputs[Bias].Shape == Shape.Vector(outputs), $"{op}: the bias of {outputs} outputs is {(Bias < 0 ? default : inputs[Bias].Shape)}.");
        ShapeException.Require(RowBias < 0 || (inputs[RowBias].Shape is { Tokens: 1 } r && r.Channels == outputs && result.Batch % r.Batch == 0), $"{op}: the row bias of {outputs} outputs is {(RowBias < 0 ? default : inputs[RowBias].Shape)}.");
        ShapeException.Require(Residual < 0 || inputs[Residual].Shape == result, $"{op}: the residual of {result} is {(Residual < 0 ? default : inputs[Residual].Shape)}.");
    }
}
