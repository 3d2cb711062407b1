using System.Globalization;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>How far apart devices may be.</summary>
/// <param name="Given">What the user allows, or null for what rounding explains (docs/numerics.md).</param>
/// <param name="IsIsolated">Whether every launch starts from equal inputs.</param>
internal readonly record struct DiffTolerance(double? Given, bool IsIsolated)
{
    /// <summary>What rounding in single precision stays below in one launch.</summary>
    public const double Single = 2e-5;

    /// <summary>How much more it is where differences add up over networks and sampler.</summary>
    public const double Growth = 50;

    /// <summary>Whether a result departs.</summary>
    public bool IsExceededBy(ComparedLaunch launch) => launch.Values.Distance > Of(launch.Values.Type.Type);

    /// <inheritdoc/>
    public override string ToString() => Of(ElementType.F32).ToString("0.###e+0", CultureInfo.InvariantCulture);

    // Where results have 16 bits, sums that differ in their last bits round to neighbours: half a unit in the last place, 2⁻¹¹ or 2⁻⁸ of a number.
    private double Of(ElementType type) => Given ?? (IsIsolated ? 1 : Growth) * type switch
    {
        ElementType.F16 => Math.ScaleB(1, -11),
        ElementType.BF16 => Math.ScaleB(1, -8),
        _ => Single,
    };
}
