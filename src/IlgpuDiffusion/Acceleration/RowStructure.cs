using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Acceleration;

/// <summary>The branches of guidance that an evaluation runs, laid in the batch in this order.</summary>
[Flags]
public enum Branches
{
    /// <summary>None; not a row that can run.</summary>
    None = 0,

    /// <summary>The negative prompt.</summary>
    Unconditional = 1,

    /// <summary>The prompt.</summary>
    Conditional = 2,

    /// <summary>Both, the unconditional one first.</summary>
    Both = Unconditional | Conditional,
}

/// <summary>What happens at a site.</summary>
public enum SiteAction
{
    /// <summary>The value is computed and passes.</summary>
    Compute,

    /// <summary>The value is computed, passes, and is kept in a slot.</summary>
    Keep,

    /// <summary>The value is what a slot holds; what only it needed is not computed.</summary>
    Recall,
}

/// <summary>What is decided for one site of one evaluation.</summary>
/// <param name="Action">What happens.</param>
/// <param name="Slot">The slot that is written or read.</param>
/// <param name="From">The index of an earlier site: the slot then holds the difference to what passed there.</param>
public readonly record struct SiteDecision(SiteAction Action, int Slot = 0, int? From = null);

/// <summary>Everything of one evaluation that changes the program. Equal structures share one variant.</summary>
/// <param name="Branches">The branches that run.</param>
/// <param name="Sites">By site index; sites past its end are computed.</param>
public sealed record RowStructure(Branches Branches = Branches.Both, EquatableArray<SiteDecision> Sites = default)
{
    /// <summary>Both branches, everything computed.</summary>
    public static RowStructure Neutral { get; } = new();

    /// <summary>The decision for a site.</summary>
    public SiteDecision this[LayerSite site] => site.Index < Sites.Count ? Sites[site.Index] : default;

    /// <summary>How many branches run.</summary>
    public int BranchCount => System.Numerics.BitOperations.PopCount((uint)Branches);
}
