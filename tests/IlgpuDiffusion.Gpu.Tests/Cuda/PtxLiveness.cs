using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>
/// How many 32-bit registers of a kernel hold something that is still read, at the instruction where they are most: what an assembler must find room for. Parameters
/// do not count, since they can be read again anywhere, nor what one instruction makes of one; nor predicates, which have registers of their own. Instructions of a
/// block that compute the same count once: ILGPU leaves them in, an assembler does not.
/// </summary>
internal static partial class PtxLiveness
{
    /// <summary>The count for a kernel's text.</summary>
    public static int Of(string ptx)
    {
        List<(HashSet<string> Written, HashSet<string> Read, int[] Next)> code = Parse(ptx, out HashSet<string> parameters);
        HashSet<string>[] before = [.. code.Select(_ => new HashSet<string>())];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = code.Count - 1; i >= 0; i--)
            {
                int known = before[i].Count;
                foreach (int next in code[i].Next)
                {
                    before[i].UnionWith(before[next].Where(register => !code[i].Written.Contains(register)));
                }

                before[i].UnionWith(code[i].Read);
                changed |= before[i].Count > known;
            }
        }

        return before.Max(live => live.Where(register => !parameters.Contains(register)).Sum(Words));
    }

    private static int Words(string register) => register[1] == 'p' ? 0 : register.StartsWith("%rd", StringComparison.Ordinal) || register.StartsWith("%fd", StringComparison.Ordinal) ? 2 : 1;

    private static List<(HashSet<string> Written, HashSet<string> Read, int[] Next)> Parse(string ptx, out HashSet<string> parameters)
    {
        string entry = ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..];
        List<string> lines = [];
        Dictionary<string, int> labels = [];
        foreach (string raw in entry[(entry.IndexOf("\n{", StringComparison.Ordinal) + 2)..].Split('\n'))
        {
            string line = raw.Split("//")[0].Trim();
            if (Label().Match(line) is { Success: true } label)
            {
                labels[label.Groups[1].Value] = lines.Count;
            }
            else if (line.Length > 1 && !line.StartsWith('.'))
            {
                lines.Add(line);
            }
        }

        Merge(lines, [.. labels.Values]);
        List<(HashSet<string>, HashSet<string>, int[])> code = [];
        Dictionary<string, int> writes = [];
        HashSet<string> loaded = [];
        for (int i = 0; i < lines.Count; i++)
        {
            Match guard = Guard().Match(lines[i]);
            string text = lines[i][guard.Length..];
            HashSet<string> written = [], read = [];
            if (guard.Success)
            {
                read.Add(guard.Groups[1].Value);
            }

            foreach (string part in text.Trim('{', '}', ' ').Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(part => !part.StartsWith('.')))
            {
                string name = part.Split([' ', '\t'])[0], operands = part[name.Length..].Trim();
                int first = WritesNothing().IsMatch(name) ? 0 : operands.StartsWith('{') ? operands.IndexOf('}', StringComparison.Ordinal) : operands.IndexOf(',', StringComparison.Ordinal) is >= 0 and var comma ? comma : operands.Length;
                read.UnionWith(Register().Matches(operands[first..]).Select(match => match.Value).Where(register => !written.Contains(register)));
                string[] results = [.. Register().Matches(operands[..first]).Select(match => match.Value)];
                written.UnionWith(results);
                string[] sources = [.. Register().Matches(operands[first..]).Select(match => match.Value)];
                loaded.UnionWith(name.StartsWith("ld.param", StringComparison.Ordinal) || (Pure().IsMatch(name) && sources.Length == 1 && loaded.Contains(sources[0])) ? results : []);
            }

            foreach (string register in written)
            {
                writes[register] = writes.GetValueOrDefault(register) + 1;
            }

            Match branch = Branch().Match(text);
            bool ends = text.StartsWith("ret", StringComparison.Ordinal) || text.StartsWith("exit", StringComparison.Ordinal);
            int[] next = branch.Success ? (guard.Success ? [labels[branch.Groups[1].Value], i + 1] : [labels[branch.Groups[1].Value]]) : ends ? [] : [i + 1];

            // What is written under a condition may be what it was before.
            read.UnionWith(guard.Success && !branch.Success ? written : []);
            code.Add((written, read, [.. next.Where(at => at < lines.Count)]));
        }

        parameters = [.. loaded.Where(register => writes[register] == 1)];
        return code;
    }

    // Of equal computations in a block the later ones go, and what reads them reads the first.
    private static void Merge(List<string> lines, HashSet<int> beginnings)
    {
        Dictionary<string, int> writes = lines.Select(line => Computation().Match(line)).Where(match => match.Success).CountBy(match => match.Groups[2].Value).ToDictionary();
        Dictionary<string, string> known = [], merged = [];
        for (int i = 0; i < lines.Count; i++)
        {
            if (beginnings.Contains(i))
            {
                known.Clear();
            }

            lines[i] = Register().Replace(lines[i], match => merged.GetValueOrDefault(match.Value, match.Value));
            Match own = Computation().Match(lines[i]);
            if (own.Success && Pure().IsMatch(own.Groups[1].Value) && writes[own.Groups[2].Value] == 1 && Register().Matches(own.Groups[3].Value).All(source => writes.GetValueOrDefault(source.Value, 1) == 1)
                && !known.TryAdd($"{own.Groups[1].Value} {own.Groups[3].Value}", own.Groups[2].Value))
            {
                merged[own.Groups[2].Value] = known[$"{own.Groups[1].Value} {own.Groups[3].Value}"];
                lines[i] = "nop;";
            }
        }
    }

    [GeneratedRegex(@"^([a-z][\w.]*)\s+(%(?:rd|rs|r|fd|f)\d+), ([^;{}]+);$")]
    private static partial Regex Computation();

    [GeneratedRegex("^(add|sub|mul|mad|and|or|xor|shl|shr|cvt|mov|min|max|selp|not|neg|abs|fma)[.]")]
    private static partial Regex Pure();

    [GeneratedRegex(@"^([\w$]+):$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^@!?(%p\d+)\s+")]
    private static partial Regex Guard();

    [GeneratedRegex(@"^bra(?:\.uni)?\s+([\w$]+)")]
    private static partial Regex Branch();

    [GeneratedRegex("^(st|bar|bra|ret|exit|cp|membar|red)")]
    private static partial Regex WritesNothing();

    [GeneratedRegex(@"%(?:rd|rs|r|fd|f|p|h|b)\d+")]
    private static partial Regex Register();
}
