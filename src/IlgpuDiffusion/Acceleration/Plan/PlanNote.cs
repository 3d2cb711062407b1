using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Why a technique does nothing, or nothing somewhere.</summary>
/// <param name="Technique">Its name in the policy.</param>
/// <param name="Text">The reason, which goes on from the name.</param>
public sealed record PlanNote(string Technique, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Technique}: {Text}";

    /// <summary>Grids as people read them, the finest first.</summary>
    internal static string Grids(IEnumerable<Grid> grids)
    {
        string[] names = [.. grids.Distinct().OrderByDescending(grid => (long)grid.Height * grid.Width).Select(grid => $"{grid.Width}x{grid.Height}")];
        return names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }
}
