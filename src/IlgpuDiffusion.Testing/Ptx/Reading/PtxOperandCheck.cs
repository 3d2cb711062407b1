using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Holds an instruction's operands to its form.</summary>
/// <param name="op">The instruction.</param>
/// <param name="name">Its name as the form took it apart.</param>
/// <param name="registers">The registers.</param>
/// <param name="variables">Parameters and shared memory.</param>
internal sealed partial class PtxOperandCheck(string op, Match name, IReadOnlyDictionary<string, PtxType> registers, IReadOnlyDictionary<string, PtxVariable> variables)
{
    private static readonly PtxType Word = new('u', 32), Single = new('f', 32);

    /// <summary>Why an operand is none for its place, or null.</summary>
    public string? Fault(string place, PtxOperand operand)
    {
        char kind = place[0];
        bool written = char.IsLower(kind);
        int count = place.Length > 1 ? place[1] - '0' : kind is 'v' or 'V' && name.Groups["n"].Success ? Count : 0;
        PtxType type = char.ToUpperInvariant(kind) switch
        {
            'T' or 'M' or 'V' => Named("t"),
            'W' => Named("t") with { Bits = 2 * Named("t").Bits },
            'D' => Named("d"),
            'S' => Named("s"),
            'P' => PtxType.Predicate,
            'F' => Single,
            _ => Word,
        };
        return kind switch
        {
            'L' => operand.Kind == PtxOperandKind.Label ? null : "is no label",
            'A' => Address(operand),
            'C' => operand.Kind == PtxOperandKind.Constant ? null : "is no constant",
            _ when count > 0 => Vector(operand, count, type),
            _ => Scalar(operand, type, written, relaxed: char.ToUpperInvariant(kind) is 'M' or 'V' or 'D' or 'S'),
        };
    }

    private int Count => int.Parse(name.Groups["n"].Value, CultureInfo.InvariantCulture);

    private PtxType Named(string group) => PtxType.Of(name.Groups[group].Value);

    private string? Scalar(PtxOperand operand, PtxType type, bool written, bool relaxed) => operand.Kind switch
    {
        PtxOperandKind.Register => Register(operand.Names[0], type, written, relaxed),
        PtxOperandKind.Constant when written => "is a constant, and written to",
        PtxOperandKind.Constant => PtxNumber.Fits(operand.Literal, type) || (type == PtxType.Predicate && operand.Literal is "0" or "1") ? null : $"is {operand.Literal}, no {type}",
        PtxOperandKind.Name => op is "mov.b64" or "mov.u64" && !written ? null : "is an address of memory",
        _ => "is of another kind",
    };

    private string? Register(string register, PtxType type, bool written, bool relaxed)
    {
        if (Special().IsMatch(register))
        {
            return written ? "is read only" : Word.Agrees(type) ? null : $"is 32 bits wide, no {type}";
        }

        return !registers.TryGetValue(register, out PtxType declared) ? $"is {register}, which is not declared"
            : (relaxed ? declared.AgreesRelaxed(type) : declared.Agrees(type)) ? null
            : $"is {register}, of class {declared}, no {type}";
    }

    private string? Vector(PtxOperand operand, int count, PtxType type) =>
        operand.Kind != PtxOperandKind.Vector || operand.Names.Count != count ? $"has {operand.Names.Count} registers, not {count}"
        : operand.Names.Select(register => Register(register, type, written: false, relaxed: name.Groups["n"].Success)).FirstOrDefault(fault => fault is not null)
          ?? (operand.Names.Distinct().Count() < count && op.StartsWith("ld", StringComparison.Ordinal) ? "names a register twice" : null);

    // Addresses are of 64 bits, in shared memory also of 32; a parameter's lie in it, on the alignment of what is read.
    private string? Address(PtxOperand operand)
    {
        if (operand.Kind != PtxOperandKind.Address)
        {
            return "is no address";
        }

        string at = operand.Names[0];
        if (registers.TryGetValue(at, out PtxType type))
        {
            return op.Contains(".param", StringComparison.Ordinal) ? "is no parameter"
                : type.Agrees(new('u', 64)) || (type.Agrees(Word) && op.Contains(".shared", StringComparison.Ordinal)) ? null : $"is {at}, of class {type}, no address";
        }

        if (!variables.TryGetValue(at, out PtxVariable? variable))
        {
            return $"is {at}, which is not declared";
        }

        ulong bytes = name.Groups["t"].Success ? (ulong)Named("t").Bits / 8 : 1;
        return operand.Value + bytes > (ulong)variable.Bytes ? $"lies outside of {at}" : operand.Value % bytes != 0 ? "is off the alignment" : null;
    }

    [GeneratedRegex(@"^%((tid|ntid|ctaid|nctaid)\.[xyz]|laneid|warpid|nwarpid|smid|dynamic_smem_size|total_smem_size)$")]
    private static partial Regex Special();
}
