using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs;

/// <summary>One operation: a record of scalars, so that equal ops on equal inputs are one node.</summary>
public abstract record Op
{
    /// <summary>The name a person reads: the record's name.</summary>
    public string Name => GetType().Name;

    /// <summary>Whether row b of the result needs row b of the inputs alone (weights aside), so that a schedule can be run in one batch.</summary>
    public virtual bool RowWise => false;

    /// <summary>Whether the result is the first input's memory seen differently: nothing is launched.</summary>
    public virtual bool IsView => false;

    /// <summary>Whether an input may be of any float type; of the others a pass casts narrow weights to F32.</summary>
    public virtual bool TakesAnyFloat(int input) => false;

    /// <summary>Checks the inputs and gives the results' types.</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    public abstract TensorType[] Infer(ReadOnlySpan<TensorType> inputs);

    /// <summary>Arithmetic and memory traffic; the default counts the bytes of all operands and one operation a result.</summary>
    public virtual Work Work(in Operands operands)
    {
        long bytes = 0;
        foreach (TensorType input in operands.Inputs)
        {
            bytes += input.Bytes;
        }

        long results = 0;
        foreach (TensorType output in operands.Outputs)
        {
            bytes += output.Bytes;
            results += output.Shape.Count;
        }

        return new Work(results, bytes);
    }

    /// <summary>The device's kernel for these operands, from shapes alone.</summary>
    public abstract Prepared Prepare(IKernels kernels, in Operands operands);

    private protected void Require(bool condition, string message) => ShapeException.Require(condition, $"{Name}: {message}");

    private protected void RequireInputs(ReadOnlySpan<TensorType> inputs, int count) =>
        Require(inputs.Length == count, $"takes {count} inputs, was given {inputs.Length}.");
}

/// <summary>The work of one launch.</summary>
/// <param name="Flops">Floating-point operations, a multiply-add counting two.</param>
/// <param name="Bytes">Bytes read and written if every operand is touched once.</param>
public readonly record struct Work(long Flops, long Bytes)
{
    /// <summary>The sum of two.</summary>
    public static Work operator +(Work left, Work right) => new(left.Flops + right.Flops, left.Bytes + right.Bytes);
}

/// <summary>The types of a node's inputs and outputs.</summary>
public readonly ref struct Operands(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs)
{
    /// <summary>The inputs' types, in the op's order.</summary>
    public ReadOnlySpan<TensorType> Inputs { get; } = inputs;

    /// <summary>The results' types.</summary>
    public ReadOnlySpan<TensorType> Outputs { get; } = outputs;
}
