namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>A text of PTX, read.</summary>
/// <param name="Version">The version of the instruction set, times ten.</param>
/// <param name="Target">The architecture: 80 for sm_80.</param>
/// <param name="Entry">The kernel.</param>
/// <param name="Stubs">Functions in front of it.</param>
/// <param name="Shared">Static shared memory of the kernel.</param>
/// <param name="HasDynamicShared">Whether it asks for dynamic shared memory.</param>
internal sealed record PtxModule(int Version, int Target, PtxFunction Entry, IReadOnlyList<PtxFunction> Stubs, IReadOnlyList<PtxVariable> Shared, bool HasDynamicShared)
{
    /// <summary>ILGPU's name of the dynamic shared memory.</summary>
    public const string Dynamic = "__dyn_shared_alloca";
}

/// <summary>A parameter, or a variable in shared memory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Align">Its alignment in bytes.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record PtxVariable(string Name, int Align, int Bytes);

/// <summary>A kernel or function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Directives">What it says of its launches: .maxntid and .minnctapersm with their numbers.</param>
/// <param name="Registers">The class of each register, by name.</param>
/// <param name="Code">Its statements.</param>
internal sealed record PtxFunction(
    string Name, IReadOnlyList<PtxVariable> Parameters, IReadOnlyDictionary<string, int[]> Directives, IReadOnlyDictionary<string, PtxType> Registers, IReadOnlyList<PtxStatement> Code)
{
    /// <summary>Bytes of all parameters, laid out one behind the other.</summary>
    public int ParameterBytes => Parameters.Aggregate(0, (end, parameter) => Up(end, parameter.Align) + parameter.Bytes);

    /// <summary>Where a parameter begins.</summary>
    public int Offset(int parameter) => Up(Parameters.Take(parameter).Aggregate(0, (end, other) => Up(end, other.Align) + other.Bytes), Parameters[parameter].Align);

    private static int Up(int at, int align) => (at + align - 1) / align * align;
}

/// <summary>An instruction.</summary>
/// <param name="Line">Its line in the text.</param>
/// <param name="Text">As it was written.</param>
/// <param name="Guard">The predicate that it depends on, or null.</param>
/// <param name="Negated">Whether it is done where the predicate is false.</param>
/// <param name="Op">Its name with all modifiers.</param>
/// <param name="Operands">Its operands.</param>
/// <param name="Target">Where a branch goes: a statement's number; −1 of another instruction.</param>
internal sealed record PtxStatement(int Line, string Text, string? Guard, bool Negated, string Op, IReadOnlyList<PtxOperand> Operands, int Target);

/// <summary>What an operand is.</summary>
internal enum PtxOperandKind
{
    /// <summary>A register, or a special one such as %tid.x.</summary>
    Register,

    /// <summary>A number.</summary>
    Constant,

    /// <summary>Registers in braces.</summary>
    Vector,

    /// <summary>An address in brackets: a register or a name, and a distance.</summary>
    Address,

    /// <summary>A name of memory, whose address it stands for.</summary>
    Name,

    /// <summary>Where a branch goes.</summary>
    Label,
}

/// <summary>An operand.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Names">The register, registers, or name.</param>
/// <param name="Value">A number's bits, or an address's distance.</param>
/// <param name="Literal">A number as it was written.</param>
internal sealed record PtxOperand(PtxOperandKind Kind, IReadOnlyList<string> Names, ulong Value = 0, string Literal = "");
