using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>
/// Casts where element types differ. Matrix products, attention and embeddings of the request and evaluation stages give the storage type; what
/// follows them keeps it. Two activations of unequal types meet in F32, as do all values of the load and schedule stages; results are F32.
/// Weights stay in their file's type where the kernel reads it; elsewhere a load-stage cast stands before the op.
/// </summary>
/// <param name="storage">The type in which activations are stored: F32, F16 or BF16.</param>
/// <param name="slots">The slots in which roots are kept, by the roots' numbers; other roots are results.</param>
internal sealed class TypesPass(ElementType storage, IReadOnlyDictionary<int, int> slots) : Rewriter
{
    // Slots whose kept values turned out to be F32.
    private readonly HashSet<int> _wide = [];

    public override string Name => "types";

    public override Value[] Run(IReadOnlyList<Value> roots, Device device)
    {
        // A slot holds the storage type unless an F32 value is kept in it, which is known only when all is typed: so again, until none is found.
        _wide.Clear();
        Value[] mapped;
        int known;
        do
        {
            known = _wide.Count;
            mapped = base.Run(roots, device);
            _wide.UnionWith(slots.Where(slot => mapped[slot.Key].Type.Type == ElementType.F32).Select(slot => slot.Value));
        }
        while (storage != ElementType.F32 && _wide.Count > known);

        for (int i = 0; i < mapped.Length; i++)
        {
            if (mapped[i].Type.Type is var type && type.IsFloat() && type != ElementType.F64)
            {
                mapped[i] = To(mapped[i], slots.TryGetValue(i, out int slot) ? SlotType(slot) : ElementType.F32);
            }
        }

        return mapped;
    }

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        switch (node.Op)
        {
            case SlotRead { Type.Type: var held } read when held.IsStorage():
                return Target.Apply(read with { Type = read.Type with { Type = SlotType(read.Slot) } }, [], node.Path);
            case ISource or Slice or Pack:
                return base.Rewrite(node, inputs);
            case Cast cast:
                return As(inputs[0], cast.To);
            case Concat when node.Stage == Stage.Load:
                return base.Rewrite(node, inputs);
            default:
                ElementType type = TypeOf(node, inputs);
                for (int i = 0; i < inputs.Length; i++)
                {
                    inputs[i] = Operand(node.Op, i, inputs[i], type);
                }

                Value result = base.Rewrite(node, inputs);
                return node.Op is Embedding ? As(result, StorageOf(node)) : result;
        }
    }

    private Value Operand(Op op, int input, Value value, ElementType type) => op.Role(input) switch
    {
        OperandRole.Activation => To(value, type),
        OperandRole.Exact => To(value, ElementType.F32),
        OperandRole.Weight when type != ElementType.F32 => To(value, type),
        OperandRole.Weight when value.Type.Type.IsByteFloat() => op is Linear && Device.Capabilities.LinearReadsBytes ? value : To(value, ElementType.F16),
        OperandRole.Weight when !value.Type.Type.IsStorage() => To(value, type),
        _ => value,
    };

    // The one type of an op's activations.
    private ElementType TypeOf(Node node, Value[] inputs)
    {
        ElementType wanted = StorageOf(node);
        if (node.Op is Embedding || wanted == ElementType.F32)
        {
            return ElementType.F32;
        }

        if (node.Op.IsHeavy)
        {
            return wanted;
        }

        // Weights and values of the schedule go along with the activations that they meet.
        ElementType? common = null;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (node.Op.Role(i) == OperandRole.Activation && inputs[i].Stage is not (Stage.Load or Stage.Schedule))
            {
                ElementType own = inputs[i].Type.Type;
                common = own.IsStorage() && (common ?? own) == own ? own : ElementType.F32;
            }
        }

        return common ?? ElementType.F32;
    }

    private ElementType StorageOf(Node node) => node.Stage is Stage.Load or Stage.Schedule ? ElementType.F32 : storage;

    private ElementType SlotType(int slot) => _wide.Contains(slot) ? ElementType.F32 : storage;

    private Value To(Value value, ElementType type)
    {
        Taken += value.Type.Type == type ? 0 : 1;
        return As(value, type);
    }

    // What was only widened is there in its own type already.
    private static Value As(Value value, ElementType type) =>
        value.Producer.Op is Cast { To: ElementType.F32 } && value.Producer.Inputs[0].Type.Type is var own && own == type && own.IsStorage()
            ? value.Producer.Inputs[0]
            : value.Cast(type);
}
