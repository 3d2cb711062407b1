namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>The time that a run may take.</summary>
/// <param name="total">All of it.</param>
/// <param name="elapsed">What has passed.</param>
internal sealed class Budget(TimeSpan total, Func<TimeSpan> elapsed)
{
    // What is left for the last step that began within the budget.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>What is left.</summary>
    public TimeSpan Left => total > elapsed() ? total - elapsed() : TimeSpan.Zero;

    /// <summary>Whether nothing new may begin.</summary>
    public bool IsSpent => Left == TimeSpan.Zero;

    /// <summary>How long a step may run before it is ended: its own limit, or what is left and a little more.</summary>
    public TimeSpan LimitOf(TimeSpan step) => step < Left + Grace ? step : Left + Grace;
}
