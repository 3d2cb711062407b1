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

/// <summary>What becomes of a value of both branches where one is wanted.</summary>
public enum BranchReduction
{
    /// <summary>It stays as it is, or the wanted branch's part is taken.</summary>
    Own,

    /// <summary>The mean of both.</summary>
    Mean,
}

/// <summary>How guidance is computed.</summary>
public enum GuidanceAction
{
    /// <summary>From the branches of the evaluation; with one branch there is none.</summary>
    Compute,

    /// <summary>The same, and the difference of the branches is kept.</summary>
    Keep,

    /// <summary>From the conditional branch and the difference that was kept.</summary>
    Recall,
}

/// <summary>How guidance is computed, and the slot of the difference.</summary>
public readonly record struct GuidanceForm(GuidanceAction Action = GuidanceAction.Compute, int Slot = 0);
