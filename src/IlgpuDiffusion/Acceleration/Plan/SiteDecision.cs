namespace IlgpuDiffusion.Acceleration;

/// <summary>What happens at a site.</summary>
public enum SiteAction
{
    /// <summary>The value is computed and passes.</summary>
    Compute,

    /// <summary>The value is computed, passes, and is kept in slots.</summary>
    Keep,

    /// <summary>The value is what slots hold; what only it needed is not computed.</summary>
    Recall,
}

/// <summary>How a kept value enters its slots.</summary>
public enum SlotUpdate
{
    /// <summary>Into all of them.</summary>
    Fill,

    /// <summary>Into the first; each earlier value moves on by one, the oldest falls out.</summary>
    Shift,

    /// <summary>Into each, times a number of the row's.</summary>
    Project,

    /// <summary>Added to each, times a number of the row's.</summary>
    Accumulate,
}

/// <summary>What is decided for one site of one evaluation. What is not decided is computed whole.</summary>
/// <param name="Action">What happens.</param>
/// <param name="Slot">The first slot that is written or read.</param>
/// <param name="From">The index of an earlier site: the slots then hold the difference to what passed there.</param>
public readonly record struct SiteDecision(SiteAction Action, int Slot = 0, int? From = null)
{
    /// <summary>How many slots follow the first; a recalled value is the sum of all, each times a number of the row's, or the first alone as it is.</summary>
    public int More { get; init; }

    /// <summary>How the slots are written.</summary>
    public SlotUpdate Update { get; init; }

    /// <summary>The branches that the slots hold when they are read; none stands for those of the evaluation.</summary>
    public Branches Held { get; init; }

    /// <summary>When one branch is kept of two, or read of two that are held: how.</summary>
    public BranchReduction Reduction { get; init; }

    /// <summary>Where one branch is kept from this evaluation on: the first of the slots, as many, that hold the values before it, of both branches. Null where its own slots do.</summary>
    public int? Earlier { get; init; }

    /// <summary>How attention that is computed is computed; null for whole.</summary>
    public AttentionForm? Attention { get; init; }

    /// <summary>Onto which grid a level is brought that begins here; null for its own.</summary>
    public ResizeForm? Resize { get; init; }
}
