using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Reads the statements of a function and holds them to the forms of instructions.</summary>
/// <param name="version">The version of the instruction set.</param>
/// <param name="target">The architecture.</param>
/// <param name="variables">Parameters and shared memory that are in sight.</param>
/// <param name="hasDynamic">Whether there is dynamic shared memory.</param>
internal sealed partial class PtxBody(int version, int target, Dictionary<string, PtxVariable> variables, bool hasDynamic)
{
    private static readonly ConcurrentDictionary<string, PtxForm?> Known = [];

    private readonly Dictionary<string, PtxType> _registers = [];
    private readonly Dictionary<string, int> _labels = [];
    private readonly List<(int Line, string Text, string Op, string? Guard, bool Negated, List<PtxOperand> Operands)> _code = [];
    private int _line, _scopes;

    /// <summary>Shared memory of a group's, declared in front of the statements.</summary>
    public void Share(PtxVariable variable)
    {
        if (!variables.TryAdd(variable.Name, variable))
        {
            throw new PtxException(_line, $"{variable.Name} is declared twice");
        }
    }

    /// <summary>Reads a line.</summary>
    public void Add(int line, string text)
    {
        _line = line;
        if (text.EndsWith(':'))
        {
            Require(Label().IsMatch(text[..^1]), $"'{text}' is no label");
            Require(_labels.TryAdd(text[..^1], _code.Count), $"label {text[..^1]} stands twice");
        }
        else if (text[0] == '{')
        {
            // Names that are declared in braces are known there alone; ILGPU writes all of it in one line.
            Require(text[^1] == '}', "braces end in another line");
            string scope = $"@{_scopes++}";
            Dictionary<string, string> own = [];
            foreach (string statement in Statements(text[1..^1].Trim()))
            {
                Match declared = Declared().Match(statement);
                if (declared.Success)
                {
                    own.Add(declared.Groups["name"].Value, declared.Groups["name"].Value + scope);
                    Declare(declared.Groups["name"].Value + scope, PtxType.Of(declared.Groups["type"].Value));
                }
                else
                {
                    Statement(statement, own);
                }
            }
        }
        else if (Registers().Match(text) is { Success: true } range)
        {
            for (int i = 0; i < int.Parse(range.Groups["count"].Value, CultureInfo.InvariantCulture); i++)
            {
                Declare($"{range.Groups["name"].Value}{i}", PtxType.Of(range.Groups["type"].Value));
            }
        }
        else
        {
            foreach (string statement in Statements(text))
            {
                Statement(statement, []);
            }
        }
    }

    /// <summary>All that was read.</summary>
    public PtxFunction Function(string name, IReadOnlyList<PtxVariable> parameters, IReadOnlyDictionary<string, int[]> directives)
    {
        Require(_code.Count > 0 && _code[^1].Op is "ret" or "bra" or "bra.uni" && _code[^1].Guard is null, "the end is reached without ret");
        PtxStatement[] code = [.. _code.Select(statement =>
        {
            _line = statement.Line;
            int to = -1;
            if (statement.Operands is [{ Kind: PtxOperandKind.Label } label])
            {
                Require(_labels.TryGetValue(label.Names[0], out to), $"there is no label {label.Names[0]}");
                Require(to < _code.Count, $"nothing follows label {label.Names[0]}");
            }

            return new PtxStatement(statement.Line, statement.Text, statement.Guard, statement.Negated, statement.Op, statement.Operands, to);
        })];
        return new PtxFunction(name, parameters, directives, _registers, code);
    }

    private string[] Statements(string text)
    {
        Require(text[^1] == ';', $"'{text}' does not end in ;");
        return text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private void Declare(string name, PtxType type) => Require(_registers.TryAdd(name, type), $"register {name} is declared twice");

    private void Statement(string text, Dictionary<string, string> own)
    {
        Match match = Instruction().Match(text);
        Require(match.Success, $"'{text}' is no instruction");
        string? guard = match.Groups["guard"].Success ? match.Groups["guard"].Value : null;
        Require(guard is null || (_registers.TryGetValue(guard, out PtxType type) && type == PtxType.Predicate), $"{guard} is no predicate");
        string op = match.Groups["op"].Value;
        PtxForm? form = Known.GetOrAdd(op, static op => PtxForm.All.FirstOrDefault(form => form.Name.IsMatch(op)));
        Require(form is not null, $"{op} is no instruction that is known, or has a modifier that it may not have");
        Require(version >= form!.Version, $"{op} wants version {form.Version / 10}.{form.Version % 10}");
        Require(target >= form.Target, $"{op} wants sm_{form.Target}");
        List<PtxOperand> operands = [.. Operands(match.Groups["rest"].Value, own, isBranch: form.Operands is ["L"])];
        Require(operands.Count == form.Operands.Length, $"{op} has {form.Operands.Length} operands, not {operands.Count}");
        PtxOperandCheck check = new(op, form.Name.Match(op), _registers, variables);
        for (int i = 0; i < operands.Count; i++)
        {
            string? fault = check.Fault(form.Operands[i], operands[i]);
            Require(fault is null, $"{text}: operand {i} {fault}");
        }

        _code.Add((_line, text, op, guard, match.Groups["not"].Length > 0, operands));
    }

    private IEnumerable<PtxOperand> Operands(string text, Dictionary<string, string> own, bool isBranch)
    {
        foreach (Match match in Operand().Matches(text))
        {
            string operand = match.Value.Trim();
            if (operand[0] == '{')
            {
                yield return new(PtxOperandKind.Vector, [.. operand[1..^1].Split(',', StringSplitOptions.TrimEntries).Select(name => own.GetValueOrDefault(name, name))]);
            }
            else if (operand[0] == '[')
            {
                string[] parts = operand[1..^1].Split('+', StringSplitOptions.TrimEntries);
                string name = own.GetValueOrDefault(parts[0], parts[0]);
                yield return new(PtxOperandKind.Address, [name], parts.Length > 1 ? ulong.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
            }
            else if (isBranch)
            {
                yield return new(PtxOperandKind.Label, [operand]);
            }
            else if (PtxNumber.TryRead(operand, out ulong value))
            {
                yield return new(PtxOperandKind.Constant, [], value, operand);
            }
            else
            {
                string name = own.GetValueOrDefault(operand, operand);
                bool isMemory = variables.ContainsKey(name) || (hasDynamic && name == PtxModule.Dynamic);
                yield return new(isMemory ? PtxOperandKind.Name : PtxOperandKind.Register, [name]);
            }
        }
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new PtxException(_line, what);
        }
    }

    [GeneratedRegex(@"^\w+$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\.reg \.(?<type>\w+)\s+(?<name>%\w+?)<(?<count>\d+)>;$")]
    private static partial Regex Registers();

    [GeneratedRegex(@"^\.reg \.(?<type>\w+)\s+(?<name>[A-Za-z_]\w*)$")]
    private static partial Regex Declared();

    [GeneratedRegex(@"^(@(?<not>!?)(?<guard>%\w+)\s+)?(?<op>[a-z][\w.:]*)(\s+(?<rest>.*))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|[^,\s]+")]
    private static partial Regex Operand();
}
