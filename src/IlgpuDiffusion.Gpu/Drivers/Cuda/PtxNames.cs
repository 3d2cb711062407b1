using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Names in PTX. ILGPU ends those of parameters, labels and methods with numbers that count on over all that a process has compiled.</summary>
internal static partial class PtxNames
{
    private const string LastOfHeader = ".address_size";

    /// <summary>Numbers the names from 0 on in the order in which they come, so that a kernel's text, by which a driver knows it again, does not depend on how much the process has compiled before.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="entry">The kernel's own name, which stays.</param>
    /// <exception cref="ArgumentException">The text has no header, whose last line gives the size of addresses: .target names an architecture by a number too, which is to stay.</exception>
    public static string Renumber(string ptx, string entry)
    {
        int header = ptx.IndexOf(LastOfHeader, StringComparison.Ordinal);
        if (header < 0)
        {
            throw new ArgumentException($"The code of {entry} has no {LastOfHeader}, behind which names begin.", nameof(ptx));
        }

        Dictionary<string, string> known = [];
        return ptx[..header] + Numbered().Replace(ptx[header..], match =>
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
