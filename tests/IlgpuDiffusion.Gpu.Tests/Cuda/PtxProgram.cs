using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>An operand of an instruction: a register by its number, or a constant.</summary>
internal readonly record struct PtxOperand(int Register, ulong Constant)
{
    public ulong Of(ulong[] registers) => Register < 0 ? Constant : registers[Register];
}

/// <summary>An instruction of a kernel; vectors and addresses (register, distance) are taken apart into their operands.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Op">Its name with all suffixes.</param>
/// <param name="Operands">Its operands.</param>
/// <param name="Guard">The predicate that it depends on, or −1.</param>
/// <param name="Negated">Whether it is done where the predicate is false.</param>
/// <param name="Target">Where a branch goes.</param>
internal sealed record PtxInstruction(string Text, string Op, PtxOperand[] Operands, int Guard, bool Negated, int Target)
{
    public Func<ulong, ulong, ulong, ulong>? Function { get; } = PtxArithmetic.Of(Op);
}

/// <summary>A kernel's entry of PTX text, as ILGPU writes it, taken apart.</summary>
internal sealed partial class PtxProgram
{
    private readonly Dictionary<string, int> _registers = [];
    private readonly Dictionary<string, ulong> _symbols = [];

    /// <param name="ptx">The text.</param>
    /// <param name="dynamicBytes">Dynamic shared memory, behind which static memory lies.</param>
    public PtxProgram(string ptx, int dynamicBytes)
    {
        string entry = ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..];
        foreach (Match parameter in Parameter().Matches(entry))
        {
            int align = int.Parse(parameter.Groups[1].Value, CultureInfo.InvariantCulture);
            ParameterBytes = (ParameterBytes + align - 1) / align * align;
            _symbols[parameter.Groups[2].Value] = (ulong)ParameterBytes;
            ParameterOffsets.Add(ParameterBytes);
            ParameterBytes += int.Parse(parameter.Groups[3].Value, CultureInfo.InvariantCulture);
        }

        _symbols["__dyn_shared_alloca"] = 0;
        SharedBytes = (dynamicBytes + 255) / 256 * 256;
        foreach (Match shared in Static().Matches(ptx))
        {
            _symbols[shared.Groups[1].Value] = (ulong)SharedBytes;
            SharedBytes += (int.Parse(shared.Groups[2].Value, CultureInfo.InvariantCulture) + 255) / 256 * 256;
        }

        Code = Parse(entry[(entry.IndexOf("\n{", StringComparison.Ordinal) + 2)..]);
    }

    public IReadOnlyList<PtxInstruction> Code { get; }

    public int ParameterBytes { get; }

    public List<int> ParameterOffsets { get; } = [];

    public int SharedBytes { get; }

    public int Registers => _registers.Count;

    /// <summary>The number of a register, or of a name such as %tid.x.</summary>
    public int Register(string name)
    {
        if (!_registers.TryGetValue(name, out int number))
        {
            _registers[name] = number = _registers.Count;
        }

        return number;
    }

    [GeneratedRegex(@"\.param \.align (\d+) \.b8 (\w+)\[(\d+)\]")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^\s*\.shared \.align \d+ \.b8 (\w+)\[(\d+)\]", RegexOptions.Multiline)]
    private static partial Regex Static();

    [GeneratedRegex(@"[^\s,\{\}\[\]]+")]
    private static partial Regex Token();

    private List<PtxInstruction> Parse(string body)
    {
        Dictionary<string, int> labels = [];
        List<string> statements = [];
        foreach (string line in body.Split('\n').Select(line => line.Trim()))
        {
            if (line.EndsWith(':'))
            {
                labels[line[..^1]] = statements.Count;
                continue;
            }

            // Scopes of names are written in one line.
            string code = line.StartsWith('{') && line.Length > 1 ? line[1..line.LastIndexOf('}')] : line;
            statements.AddRange(code.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(part => part[0] != '.' && part != "}"));
        }

        return [.. statements.Select(statement => Instruction(statement, labels))];
    }

    private PtxInstruction Instruction(string statement, Dictionary<string, int> labels)
    {
        List<string> tokens = [.. Token().Matches(statement).Select(match => match.Value)];
        (int guard, bool negated) = (-1, false);
        if (tokens[0][0] == '@')
        {
            (guard, negated) = (Register(tokens[0].TrimStart('@', '!')), tokens[0][1] == '!');
            tokens.RemoveAt(0);
        }

        string op = tokens[0];
        bool branches = op is "bra" or "bra.uni";
        bool hasAddresses = statement.Contains('[', StringComparison.Ordinal);
        PtxOperand[] operands = branches ? [] : [.. tokens.Skip(1).SelectMany(token => hasAddresses && IsAddress(statement, token) ? Address(token) : [Operand(token)])];
        return new PtxInstruction(statement, op, operands, guard, negated, branches ? labels[tokens[1]] : -1);
    }

    private static bool IsAddress(string statement, string token) => statement.Contains($"[{token}]", StringComparison.Ordinal);

    private IEnumerable<PtxOperand> Address(string token)
    {
        string[] parts = token.Split('+');
        return [Operand(parts[0]), new PtxOperand(-1, parts.Length > 1 ? ulong.Parse(parts[1], CultureInfo.InvariantCulture) : 0)];
    }

    private PtxOperand Operand(string token) =>
        token.StartsWith("0f", StringComparison.Ordinal) ? new(-1, ulong.Parse(token.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        : char.IsAsciiDigit(token[0]) || token[0] == '-' ? new(-1, (ulong)(Int128.Parse(token, CultureInfo.InvariantCulture) & ulong.MaxValue))
        : _symbols.TryGetValue(token, out ulong place) ? new(-1, place)
        : new(Register(token), 0);
}
