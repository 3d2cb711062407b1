namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>A type of PTX.</summary>
/// <param name="Kind">b (bits), u, s, f, or p (a predicate).</param>
/// <param name="Bits">Its width.</param>
internal readonly record struct PtxType(char Kind, int Bits)
{
    public static readonly PtxType Predicate = new('p', 1);

    /// <summary>The type that a suffix names, such as u32.</summary>
    public static PtxType Of(string text) => text switch
    {
        "pred" => Predicate,
        "f16x2" or "bf16x2" => new('b', 32),
        "bf16" => new('b', 16),
        _ => new(text[0], int.Parse(text.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)),
    };

    /// <summary>Whether a register of this class may be an operand of a type: of the same width, and either side bits, both integers or both floats (PTX ISA, "Operand type checking").</summary>
    public bool Agrees(PtxType type) => Bits == type.Bits && (Kind == type.Kind || (Kind != 'p' && type.Kind != 'p' && (Kind == 'b' || type.Kind == 'b' || (IsInteger && type.IsInteger))));

    /// <summary>The same where a register may be wider than what is loaded, stored or converted ("Operand size exceeding instruction-type size").</summary>
    public bool AgreesRelaxed(PtxType type) =>
        Agrees(type) || (Bits > type.Bits && Kind != 'p' && type.Kind != 'p' && (type.Kind == 'f' ? Kind == 'b' : Kind != 'f'));

    public override string ToString() => Kind == 'p' ? "pred" : $"{Kind}{Bits}";

    private bool IsInteger => Kind is 'u' or 's';
}
