using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>
/// Reads PTX as CUDA's assembler does, which is not to be had everywhere: what it would refuse is an error that names the line. Known is what
/// ILGPU and the kernels write; what is unknown is refused too, so that a person looks it up.
/// </summary>
internal sealed partial class PtxReader
{
    // Versions of the instruction set, and since which each architecture is known (PTX ISA, release notes).
    private static readonly int[] Versions = [60, 61, 62, 63, 64, 65, 70, 71, 72, 73, 74, 75, 76, 77, 78, 80, 81, 82, 83, 84, 85, 86, 87, 88];
    private static readonly Dictionary<int, int> Targets = new() { [50] = 40, [52] = 41, [53] = 42, [60] = 50, [61] = 50, [62] = 50, [70] = 60, [72] = 61, [75] = 63, [80] = 70, [86] = 71, [87] = 74, [89] = 78, [90] = 78 };

    private const int MostParameterBytes = 4352, MostSharedBytes = 48 << 10;

    private readonly string[] _lines;
    private readonly List<PtxFunction> _functions = [];
    private readonly List<PtxVariable> _shared = [];
    private readonly List<string> _declared = [];
    private int _at;
    private bool _dynamic;

    private PtxReader(string text) => _lines = text.ReplaceLineEndings("\n").Split('\n');

    /// <summary>Reads a text.</summary>
    /// <exception cref="PtxException">The assembler would refuse it.</exception>
    public static PtxModule Read(string text)
    {
        if (text.Any(c => c > '~'))
        {
            throw new PtxException(0, "a character that is not ASCII");
        }

        return new PtxReader(text).Module();
    }

    private PtxModule Module()
    {
        int version = Header("a version first", VersionLine(), match => (10 * Int(match, 1)) + Int(match, 2));
        Require(Versions.Contains(version), $"version {version / 10}.{version % 10} is unknown");
        int target = Header("a target behind the version", TargetLine(), match => Int(match, 1));
        Require(Targets.TryGetValue(target, out int since), $"target sm_{target} is unknown");
        Require(version >= since, $"sm_{target} wants version {since / 10}.{since % 10}");
        Require(Header("the size of addresses behind the target", AddressLine(), match => Int(match, 1)) == 64, "addresses of 64 bits");
        List<PtxFunction> entries = [];
        while (Line() is { } line)
        {
            if (DynamicLine().Match(line) is { Success: true })
            {
                Require(!_dynamic, "dynamic shared memory is declared twice");
                _dynamic = true;
            }
            else
            {
                Match head = FunctionLine().Match(line);
                Require(head.Success, $"'{line}' is nothing that stands in a module");
                if (Function(head, version, target) is { } function)
                {
                    (head.Groups["kind"].Value == "entry" ? entries : _functions).Add(function);
                }
            }
        }

        Require(entries.Count == 1, $"one entry, not {entries.Count}");
        Require(_shared.Sum(variable => variable.Bytes) <= MostSharedBytes, "more than 48 KiB of static shared memory");
        Require(_functions.Select(function => function.Name).Append(entries[0].Name).Distinct().Count() == _functions.Count + 1, "a name is defined twice");
        Require(_declared.All(name => _functions.Exists(function => function.Name == name)), "a function is declared that is nowhere");
        return new PtxModule(version, target, entries[0], _functions, _shared, _dynamic);
    }

    // None where a function is declared alone, to be defined below.
    private PtxFunction? Function(Match head, int version, int target)
    {
        List<PtxVariable> parameters = [];
        string result = head.Groups["result"].Value;
        if (result.Length > 0)
        {
            Require(ParameterLine().Match(result) is { Success: true }, $"'{result}' is no result");
        }

        for (string line = Next(); line != ")"; line = Next())
        {
            Match match = ParameterLine().Match(line);
            Require(match.Success, $"'{line}' is no parameter");
            int bytes = match.Groups["size"].Success ? Int(match, "size") : Int(match, "bits") / 8;
            parameters.Add(new(match.Groups["name"].Value, match.Groups["align"].Success ? Int(match, "align") : bytes, bytes));
        }

        Dictionary<string, int[]> directives = [];
        string open = Next();
        if (open == ";")
        {
            Require(head.Groups["kind"].Value == "func", "a kernel without code");
            _declared.Add(head.Groups["name"].Value);
            return null;
        }

        for (; open != "{"; open = Next())
        {
            Match match = DirectiveLine().Match(open);
            Require(match.Success && head.Groups["kind"].Value == "entry", $"'{open}' is no directive of a kernel");
            Require(directives.TryAdd(match.Groups[1].Value, [.. match.Groups[2].Value.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))]), $"{open} stands twice");
        }

        IEnumerable<PtxVariable> names = ParameterLine().Match(result) is { Success: true } returned ? parameters.Append(new(returned.Groups["name"].Value, 0, int.MaxValue)) : parameters;
        PtxBody body = new(version, target, names.ToDictionary(variable => variable.Name), _dynamic);
        for (string line = Next(); line != "}"; line = Next())
        {
            if (SharedLine().Match(line) is { Success: true } shared)
            {
                PtxVariable variable = new(shared.Groups["name"].Value, Int(shared, "align"), Int(shared, "size"));
                _shared.Add(variable);
                body.Share(variable);
            }
            else
            {
                body.Add(_at, line);
            }
        }

        PtxFunction function = body.Function(head.Groups["name"].Value, parameters, directives);
        Require(head.Groups["kind"].Value != "entry" || function.ParameterBytes <= MostParameterBytes, "more than 4352 bytes of parameters");
        return function;
    }

    private int Header(string what, Regex form, Func<Match, int> read)
    {
        Match match = form.Match(Line() ?? "");
        Require(match.Success, what);
        return read(match);
    }

    private string Next() => Line() ?? throw new PtxException(_at, "the text ends too early");

    // The next line that says something.
    private string? Line()
    {
        while (_at < _lines.Length)
        {
            string line = _lines[_at++];
            int comment = line.IndexOf("//", StringComparison.Ordinal);
            line = (comment < 0 ? line : line[..comment]).Trim();
            if (line.Length > 0)
            {
                return line;
            }
        }

        return null;
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new PtxException(_at, what);
        }
    }

    private static int Int(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static int Int(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\.version (\d)\.(\d)$")]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^\.target sm_(\d+)$")]
    private static partial Regex TargetLine();

    [GeneratedRegex(@"^\.address_size (\d+)$")]
    private static partial Regex AddressLine();

    [GeneratedRegex(@"^\.extern \.shared \.align (16|32|64|128|256|4|8) \.b8 __dyn_shared_alloca\[\];$")]
    private static partial Regex DynamicLine();

    [GeneratedRegex(@"^\.shared \.align (?<align>\d+) \.b8 (?<name>[A-Za-z_]\w*)\[(?<size>\d+)\];$")]
    private static partial Regex SharedLine();

    [GeneratedRegex(@"^\.visible \.(?<kind>func|entry) (\((?<result>[^)]*)\) )?(?<name>[A-Za-z_]\w*)\($", RegexOptions.ExplicitCapture)]
    private static partial Regex FunctionLine();

    [GeneratedRegex(@"^\.param (\.align (?<align>1|2|4|8|16) \.b8 (?<name>[A-Za-z_]\w*)\[(?<size>\d+)\]|\.[busf](?<bits>8|16|32|64) (?<name>[A-Za-z_]\w*)),?$", RegexOptions.ExplicitCapture)]
    private static partial Regex ParameterLine();

    [GeneratedRegex(@"^\.(maxntid|minnctapersm) (\d+(?:, \d+){0,2})$")]
    private static partial Regex DirectiveLine();
}
