using System.Globalization;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>How many of numbered modules a file's names have.</summary>
internal static class KeyCounts
{
    /// <summary>The largest number behind a beginning and one; 0 where there is none. A hole is a missing tensor, which the network's check names.</summary>
    public static int Blocks(IEnumerable<WeightTensor> tensors, string prefix) => tensors
        .Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(tensor => int.TryParse(tensor.Name[prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < Most ? number + 1 : 0)
        .DefaultIfEmpty().Max();

    // No published transformer has a tenth of that; a damaged name shall not ask for a table of a billion blocks.
    private const int Most = 1000;
}
