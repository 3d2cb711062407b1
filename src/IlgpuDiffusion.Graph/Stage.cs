namespace IlgpuDiffusion.Graphs;

/// <summary>When a value changes; a node's stage is the latest of its inputs', and of what has several tokens <see cref="Evaluation"/> in place of <see cref="Schedule"/>.</summary>
internal enum Stage
{
    /// <summary>With the weights: once per model.</summary>
    Load,

    /// <summary>With the prompt and the size: once per request.</summary>
    Request,

    /// <summary>With the evaluation, but known before the loop (time, σ, guidance): computed for all evaluations in one batch.</summary>
    Schedule,

    /// <summary>With the latents: in every evaluation.</summary>
    Evaluation,

    /// <summary>Reserved for caches that look at data.</summary>
    Decision,
}

/// <summary>Where a value lives; launches read one base address per space.</summary>
internal enum Space
{
    /// <summary>Weights and what is computed from them at load.</summary>
    Weight,

    /// <summary>Inputs and results of the request stage.</summary>
    Request,

    /// <summary>The row table: inputs and results of the schedule stage, one row an evaluation.</summary>
    Row,

    /// <summary>What is kept from one evaluation to a later one.</summary>
    Slot,

    /// <summary>Everything else; reused as soon as it is dead.</summary>
    Arena,
}
