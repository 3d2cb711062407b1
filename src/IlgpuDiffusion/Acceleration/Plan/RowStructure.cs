using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Everything of one evaluation that changes the program. Equal structures share one variant.</summary>
/// <param name="Branches">The branches that run.</param>
/// <param name="Sites">By site index; sites past its end are computed.</param>
/// <param name="Guidance">How guidance is computed.</param>
public sealed record RowStructure(Branches Branches = Branches.Both, EquatableArray<SiteDecision> Sites = default, GuidanceForm Guidance = default)
{
    /// <summary>Both branches, everything computed.</summary>
    public static RowStructure Neutral { get; } = new();

    /// <summary>One branch, everything computed.</summary>
    public static RowStructure Unguided { get; } = new(Branches.Conditional);

    /// <summary>Which ControlNets run, a bit for each from the lowest on.</summary>
    public int Controls { get; init; }

    /// <summary>The decision for a site.</summary>
    public SiteDecision this[LayerSite site] => site.Index < Sites.Count ? Sites[site.Index] : default;

    /// <summary>How many branches run.</summary>
    public int BranchCount => Branches.Count();
}

/// <summary>Numbers of branches.</summary>
internal static class BranchCounts
{
    /// <summary>How many there are.</summary>
    public static int Count(this Branches branches) => System.Numerics.BitOperations.PopCount((uint)branches);
}
