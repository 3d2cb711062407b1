using System.Collections.Frozen;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>What an instruction is to the interpreter.</summary>
internal enum PtxFamily
{
    Function,
    Branch,
    Return,
    Barrier,
    Shuffle,
    Load,
    Store,
    Matrices,
    MultiplyAdd,
    Copy,
    EndBatch,
    AwaitBatches,
}

/// <summary>Which memory is meant; generic addresses are those of global memory, since kernels name shared memory where they mean it.</summary>
internal enum PtxSpace
{
    Global,
    Shared,
    Parameter,
}

/// <summary>An instruction as it is run: places are numbers of registers, and constants have registers of their own.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Family">What it is.</param>
/// <param name="Guard">The predicate's register, or −1.</param>
/// <param name="Negated">Whether it is done where the predicate is false.</param>
/// <param name="Places">Registers: the result first; vectors taken apart, addresses by their base alone.</param>
/// <param name="Target">Where a branch goes.</param>
internal sealed record PtxStep(string Text, PtxFamily Family, int Guard, bool Negated, int[] Places, int Target)
{
    /// <summary>The result of up to three operands.</summary>
    public Func<ulong, ulong, ulong, ulong>? Function { get; init; }

    /// <summary>Which memory.</summary>
    public PtxSpace Space { get; init; }

    /// <summary>Bytes of an element.</summary>
    public int Bytes { get; init; }

    /// <summary>Elements at once.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Distances of the addresses, and constants.</summary>
    public ulong[] Distances { get; init; } = [];

    /// <summary>A modifier: a branch that all lanes are to take, transposed matrices, bfloat16.</summary>
    public bool Flag { get; init; }
}

/// <summary>A kernel's statements made ready to run.</summary>
internal sealed class PtxProgram
{
    private readonly Dictionary<string, int> _registers = [];
    private readonly Dictionary<ulong, int> _constants = [];
    private readonly Dictionary<string, ulong> _symbols = [];
    private readonly PtxModule _module;

    /// <param name="module">The text, read.</param>
    /// <param name="dynamicBytes">Dynamic shared memory, behind which static memory lies.</param>
    public PtxProgram(PtxModule module, int dynamicBytes)
    {
        _module = module;
        for (int i = 0; i < module.Entry.Parameters.Count; i++)
        {
            _symbols[module.Entry.Parameters[i].Name] = (ulong)module.Entry.Offset(i);
        }

        _symbols[PtxModule.Dynamic] = 0;
        SharedBytes = (dynamicBytes + 255) / 256 * 256;
        foreach (PtxVariable variable in module.Shared)
        {
            _symbols[variable.Name] = (ulong)SharedBytes;
            SharedBytes += (variable.Bytes + 255) / 256 * 256;
        }

        Code = [.. module.Entry.Code.Select(Step)];
        Registers = _registers.Count + _constants.Count;
        Names = _registers.ToFrozenDictionary();
        Constants = [.. _constants.Select(constant => (_registers.Count + constant.Value, constant.Key))];

        // Constants come behind the registers, whose number is known only now.
        foreach (PtxStep step in Code)
        {
            for (int i = 0; i < step.Places.Length; i++)
            {
                step.Places[i] = step.Places[i] < 0 ? _registers.Count + ~step.Places[i] : step.Places[i];
            }
        }
    }

    public PtxStep[] Code { get; }

    public int Registers { get; }

    /// <summary>Numbers of registers by their names.</summary>
    public FrozenDictionary<string, int> Names { get; }

    /// <summary>Registers that hold constants.</summary>
    public (int Register, ulong Value)[] Constants { get; }

    public int SharedBytes { get; }

    public PtxFunction Entry => _module.Entry;

    private PtxStep Step(PtxStatement statement)
    {
        string[] parts = statement.Op.Split('.');
        int[] places = [.. statement.Operands.SelectMany(Places)];
        ulong[] distances = [.. statement.Operands.Where(operand => operand.Kind is PtxOperandKind.Address or PtxOperandKind.Constant).Select(operand => operand.Value)];
        PtxStep step = new(statement.Text, Family(statement.Op, parts), statement.Guard is { } guard ? Register(guard) : -1, statement.Negated, places, statement.Target) { Distances = distances };
        return step.Family switch
        {
            PtxFamily.Function => step with { Function = PtxArithmetic.Of(statement.Op) ?? throw new NotSupportedException($"Add a line for {statement.Op} to PtxArithmetic.") },
            PtxFamily.Branch => step with { Flag = parts.Contains("uni") },
            PtxFamily.Load or PtxFamily.Store => step with
            {
                Space = parts[1] switch { "shared" => PtxSpace.Shared, "param" => PtxSpace.Parameter, _ => PtxSpace.Global },
                Bytes = PtxType.Of(parts[^1]).Bits / 8,
                Count = parts.Contains("v4") ? 4 : parts.Contains("v2") ? 2 : 1,
            },
            PtxFamily.Matrices => step with { Flag = parts.Contains("trans") },
            PtxFamily.MultiplyAdd => step with { Flag = parts.Contains("bf16") },
            PtxFamily.Shuffle when !statement.Op.StartsWith("shfl.sync.bfly.", StringComparison.Ordinal) => throw new NotSupportedException($"Write {statement.Op} into PtxWarp."),
            _ => step,
        };
    }

    private static PtxFamily Family(string op, string[] parts) => parts[0] switch
    {
        "bra" => PtxFamily.Branch,
        "ret" => PtxFamily.Return,
        "bar" => PtxFamily.Barrier,
        "shfl" => PtxFamily.Shuffle,
        "ld" => PtxFamily.Load,
        "st" => PtxFamily.Store,
        "ldmatrix" => PtxFamily.Matrices,
        "mma" => PtxFamily.MultiplyAdd,
        "cp" => op == "cp.async.commit_group" ? PtxFamily.EndBatch : op == "cp.async.wait_group" ? PtxFamily.AwaitBatches : PtxFamily.Copy,
        _ => PtxFamily.Function,
    };

    private IEnumerable<int> Places(PtxOperand operand) => operand.Kind switch
    {
        PtxOperandKind.Constant => [Constant(operand.Value)],
        PtxOperandKind.Label => [],
        _ => operand.Names.Select(name => _symbols.TryGetValue(name, out ulong place) ? Constant(place) : Register(name)),
    };

    private int Register(string name)
    {
        if (!_registers.TryGetValue(name, out int number))
        {
            _registers[name] = number = _registers.Count;
        }

        return number;
    }

    private int Constant(ulong value)
    {
        if (!_constants.TryGetValue(value, out int number))
        {
            _constants[value] = number = _constants.Count;
        }

        return ~number;
    }
}
