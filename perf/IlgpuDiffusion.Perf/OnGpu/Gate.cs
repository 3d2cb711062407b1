namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>Whether a run goes on behind a step.</summary>
internal static class Gate
{
    /// <summary>Why it does not; null if it does.</summary>
    /// <param name="step">The step.</param>
    /// <param name="needed">The share of its ops that must have come through.</param>
    /// <param name="findings">What was found so far, by all steps.</param>
    public static string? Stop(string step, double needed, IEnumerable<Finding> findings)
    {
        if (needed == 0)
        {
            return null;
        }

        // An op that is too far off has a row and a failure. One for which there was no time says nothing.
        Finding[] ops = [.. findings.Where(finding => finding.Step == step && finding.Table == Finding.Ops && finding.Error != Finding.NotBegun)];
        int all = ops.Select(op => op.Name).Distinct().Count(), failed = ops.Where(op => op.Error is not null).Select(op => op.Name).Distinct().Count();
        return all == 0 ? $"not begun: no op of '{step}' came to its end"
            : all - failed < needed * all ? $"not begun: {failed} of {all} ops of '{step}' failed"
            : null;
    }
}
