namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>x · Wᵀ over the channels: x [B, H, W, K], weight [1, 1, N, K] (any float type) → [B, H, W, N], or N/2 if gated. Further operands: <see cref="FusedOperands"/>.</summary>
internal sealed record Linear(Prologue Prologue = Prologue.None, Epilogue Epilogue = default) : Op
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
        Require(w.Batch * w.Height == 1 && w.Channels == x.Channels, $"the weight for {x} must be [1, 1, N, {x.Channels}], not {w}.");
        Require(inputs[0].Type.IsStorage(), $"x must be F32, F16 or BF16, not {inputs[0]}.");
        Require(!Epilogue.Gated || w.Width % 2 == 0, $"a gated product needs an even number of outputs, not {w.Width}.");
        Shape result = x with { Channels = Epilogue.Gated ? w.Width / 2 : w.Width };
        Operands.Check(Name, inputs, Prologue, x, w.Width, result);
        for (int i = 1; i < inputs.Length; i++)
        {
            RequireType(inputs, i, Operands.Describe(i));
        }

        return [Like(inputs[0], result)];
    }

    /// <inheritdoc/>
    public override Work Work(in Operands operands)
    {
        Shape x = operands.Inputs[0].Shape;
        return base.Work(operands) with { Flops = 2L * x.Rows * x.Channels * operands.Inputs[1].Shape.Width };
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Linear(this, operands);
}

/// <summary><see cref="Linear"/> on values.</summary>
internal static class LinearValues
{
    extension(Value x)
    {
        /// <summary>x · Wᵀ with weight [1, 1, N, K].</summary>
        public Value Linear(Value weight, string? path = null) => x.Graph.Apply(new Linear(), [x, weight], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Linear"/>.</summary>
    Prepared Linear(Linear op, in Operands operands);
}
