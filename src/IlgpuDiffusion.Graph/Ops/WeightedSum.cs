namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// Σ wᵢ · xᵢ over one to <see cref="MostTerms"/> tensors of one shape and type, [B, H, W, C] each. The first operand is the weights, F32 [1, 1, 1, terms], which may come with the
/// schedule; products are added in order, in single precision.
/// </summary>
internal sealed record WeightedSum() : Op
{
    /// <summary>How many tensors are added at most.</summary>
    public const int MostTerms = 5;

    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Exact : OperandRole.Activation;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        Require(inputs.Length is > 1 and <= MostTerms + 1, $"adds 1 to {MostTerms} tensors, not {inputs.Length - 1}.");
        Require(inputs[0].Shape == Shape.Vector(inputs.Length - 1), $"the weights of {inputs.Length - 1} tensors must be {Shape.Vector(inputs.Length - 1)}, not {inputs[0].Shape}.");
        RequireType(inputs, 0, "the weights");
        for (int i = 2; i < inputs.Length; i++)
        {
            Require(inputs[i].Shape == inputs[1].Shape, $"{inputs[1].Shape} and {inputs[i].Shape} are not of one shape.");
        }

        return [Like(inputs[1], inputs[1].Shape)];
    }

    /// <inheritdoc/>
    public override Work Work(in Operands operands) => base.Work(operands) with { Flops = 2 * (operands.Inputs.Length - 1) * operands.Outputs[0].Shape.Count };

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.WeightedSum(this, operands);
}

/// <summary><see cref="WeightedSum"/> on values.</summary>
internal static class WeightedSumValues
{
    extension(Value weights)
    {
        /// <summary>These weights, F32 [1, 1, 1, terms], times the terms, added.</summary>
        public Value WeightedSum(ReadOnlySpan<Value> terms, string? path = null) => weights.Graph.Apply(new WeightedSum(), [weights, .. terms], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.WeightedSum"/>.</summary>
    Prepared WeightedSum(WeightedSum op, in Operands operands);
}
