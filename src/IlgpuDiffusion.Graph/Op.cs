using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs;

/// <summary>One operation: a record of scalars, so that equal ops on equal inputs are one node.</summary>
internal abstract record Op
{
    /// <summary>The name a person reads: the record's name.</summary>
    public string Name => GetType().Name;

    /// <summary>Whether row b of the result needs row b of the inputs alone (weights aside), so that a schedule can be run in one batch.</summary>
    public virtual bool RowWise => false;

    /// <summary>Whether the result is the first input's memory seen differently: nothing is launched.</summary>
    public virtual bool IsView => false;

    /// <summary>What an input is to the op, which says in which element types it may come.</summary>
    public virtual OperandRole Role(int input) => OperandRole.Activation;

    /// <summary>Whether the op does so much work that its activations come in the storage type of the compile; other ops take theirs as they are.</summary>
    public virtual bool IsHeavy => false;

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

    /// <summary>The kernel of this op among a device's: how <see cref="Device.Prepare"/> finds it.</summary>
    public abstract Prepared Prepare(IKernels kernels, in Operands operands);

    private protected void Require(bool condition, string message) => ShapeException.Require(condition, $"{Name}: {message}");

    /// <summary>A result of the element type of the op's first operand, in which activations are stored; of a weight in another type, F32.</summary>
    private protected static TensorType Like(TensorType x, Shape shape) => new(shape, x.Type.IsStorage() ? x.Type : ElementType.F32);

    /// <summary>Checks the element type of an operand that is no activation: beside 16-bit activations a weight is of their type and all else F32; beside F32 ones the file's types do.</summary>
    private protected void RequireType(ReadOnlySpan<TensorType> inputs, int input, string what)
    {
        ElementType x = inputs[0].Type, own = inputs[input].Type;
        ElementType wanted = Role(input) == OperandRole.Exact ? ElementType.F32 : x;
        bool raw = x == ElementType.F32 && Role(input) != OperandRole.Activation && own.IsFloat();
        Require(own == wanted || raw || !x.IsStorage(), $"{what} beside {x} activations must be {wanted}, not {own}.");
    }

    private protected void RequireInputs(ReadOnlySpan<TensorType> inputs, int count) =>
        Require(inputs.Length == count, $"takes {count} inputs, was given {inputs.Length}.");
}

/// <summary>The work of one launch.</summary>
/// <param name="Flops">Floating-point operations, a multiply-add counting two.</param>
/// <param name="Bytes">Bytes read and written if every operand is touched once.</param>
internal readonly record struct Work(long Flops, long Bytes)
{
    /// <summary>The sum of two.</summary>
    public static Work operator +(Work left, Work right) => new(left.Flops + right.Flops, left.Bytes + right.Bytes);
}

/// <summary>The types of a node's inputs and outputs.</summary>
internal readonly ref struct Operands(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs)
{
    /// <summary>The inputs' types, in the op's order.</summary>
    public ReadOnlySpan<TensorType> Inputs { get; } = inputs;

    /// <summary>The results' types.</summary>
    public ReadOnlySpan<TensorType> Outputs { get; } = outputs;
}

/// <summary>What an input is to its op.</summary>
internal enum OperandRole
{
    /// <summary>Numbers in the storage type, F32, F16 or BF16: all of an op's in one.</summary>
    Activation,

    /// <summary>The weight of a matrix product: F32, F16 or BF16 beside F32 activations, else of their type.</summary>
    Weight,

    /// <summary>Numbers in F32 whatever activations are stored in: biases, γ and β, statistics, tables of norms, attention biases.</summary>
    Exact,

    /// <summary>What the op reads in any type, or in a type of its own: what is converted, seen or packed, tables, indices, f64 sums.</summary>
    Free,
}
