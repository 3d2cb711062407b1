using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Names in PTX. ILGPU ends those of parameters, labels and methods with numbers that count on over all that a process has compiled.</summary>
internal static partial class PtxNames
{
    /// <summary>Numbers the names from 0 on in the order in which they come, so that a kernel's text, by which a driver knows it again, does not depend on how much the process has compiled before.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="entry">The kernel's own name, which stays.</param>
    public static string Renumber(string ptx, string entry)
    {
        Dictionary<string, string> known = [];
        return Numbered().Replace(ptx, match =>
        {
            if (match.Value == entry)
            {
                return entry;
            }

            if (!known.TryGetValue(match.Value, out string? name))
            {
                known[match.Value] = name = string.Create(CultureInfo.InvariantCulture, $"{match.Groups[1].ValueSpan}{known.Count}");
            }

            return name;
        });
    }

    // No register (%), no instruction and no state space (.), no part of a longer name.
    [GeneratedRegex(@"(?<![\w.%$])([A-Za-z_$][\w$]*?_)[0-9]+(?![\w$])")]
    private static partial Regex Numbered();
}
