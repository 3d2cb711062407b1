namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>An op that computes nothing: its value comes from outside.</summary>
internal interface ISource
{
    /// <summary>When the value changes.</summary>
    Stage Stage { get; }
}

/// <summary>A value handed in by name.</summary>
internal sealed record Input(string Label, TensorType Type, Stage Stage) : SourceOp, ISource
{
    /// <summary>The name it is set by.</summary>
    public new string Name => Label;

    private protected override TensorType Result => Type;
}

/// <summary>A tensor of the weight file, in the file's type.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Type">What it holds.</param>
/// <param name="MadeOf">Where the file has it in another form, so that reading it takes memory of its own, the bytes that it has there; else null.</param>
internal sealed record Weight(string Key, TensorType Type, long? MadeOf = null) : SourceOp, ISource
{
    /// <summary>The bytes that are read for it.</summary>
    public long StoredBytes => MadeOf ?? Type.Bytes;

    /// <inheritdoc/>
    public Stage Stage => Stage.Load;

    private protected override TensorType Result => Type;
}

/// <summary>What an earlier evaluation kept.</summary>
/// <param name="Slot">The slot's number.</param>
/// <param name="Type">What it holds.</param>
internal sealed record SlotRead(int Slot, TensorType Type) : SourceOp, ISource
{
    /// <inheritdoc/>
    public Stage Stage => Stage.Evaluation;

    private protected override TensorType Result => Type;
}

/// <summary>The base of ops that are never launched.</summary>
internal abstract record SourceOp : Op
{
    private protected abstract TensorType Result { get; }

    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public sealed override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Result];

    /// <inheritdoc/>
    public sealed override Work Work(in Operands operands) => default;

    /// <inheritdoc/>
    public sealed override Prepared Prepare(IKernels kernels, in Operands operands) => throw new InvalidOperationException($"{Name} is not launched.");
}
