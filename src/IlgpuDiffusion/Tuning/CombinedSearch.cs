using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tuning;

/// <summary>
/// Combines ways that were measured: a schedule of the whole network (fewer steps, foreseen predictions) with at most one that runs fewer branches and one that computes less of the network. Errors of
/// independent causes add up in their squares, costs multiply; both are first order, so what is chosen by them is measured itself.
/// </summary>
/// <param name="schedules">Schedules of the whole network.</param>
/// <param name="branches">Ways of guidance alone.</param>
/// <param name="layers">Ways of computing less of the network alone: caches in it, attention.</param>
internal sealed class CombinedSearch(IReadOnlyList<FrontierPoint> schedules, IReadOnlyList<FrontierPoint> branches, IReadOnlyList<FrontierPoint> layers)
{
    private static readonly FrontierPoint Whole = new(1, "", null, double.PositiveInfinity) { Cost = 1 };

    /// <summary>All combinations of at least two, with the likeness and the cost that are expected and the least cost of a part, the likest first.</summary>
    public IEnumerable<(FrontierPoint Point, double Least)> All() =>
        (from schedule in schedules.Prepend(Whole)
         from guided in branches.Prepend(Whole)
         from layer in layers.Prepend(Whole)
         let parts = (FrontierPoint[])[schedule, guided, layer]
         where parts.Count(part => part != Whole) >= 2
         let expected = Errors.Psnr(Errors.MeanSquare(schedule.Psnr) + Errors.MeanSquare(guided.Psnr) + (Errors.MeanSquare(layer.Psnr) * Older(layer.Policy, schedule.Pattern)))
         select (schedule with { Policy = Join(guided.Policy, layer.Policy, schedule.Pattern), Psnr = expected, Expected = expected, Cost = schedule.Cost * guided.Cost * layer.Cost }, parts.Min(part => part.Cost)))
        .OrderByDescending(combined => combined.Item1.Psnr);

    // Between evaluations that are further apart a cache's values are older: what a forecast of an order is off by grows with the distance to one power more.
    private static double Older(string? policy, string pattern) => pattern.Length > 0 && Techniques(policy).OfType<Cache>().FirstOrDefault() is { } cache
        ? Math.Pow((double)pattern.Length / pattern.Count(sign => sign == RecallPattern.Computes), 2 * ((cache.How as Taylor)?.Order + 1 ?? 1)) : 1;

    private static string? Join(string? one, string? other, string pattern) => one is null && other is null ? null
        : new AccelerationPolicy([.. Techniques(one), .. Techniques(other).Select(technique => Beside(technique, pattern))]).ToJson();

    private static IReadOnlyList<ITechnique> Techniques(string? policy) => policy is null ? [] : AccelerationPolicy.Parse(policy).Techniques;

    // A cache in the network that computes at every n-th evaluation does so at every n-th of those that compute the network at all.
    private static ITechnique Beside(ITechnique technique, string pattern)
    {
        if (pattern.Length == 0 || technique is not Cache { When: Cadence { Every: > 1 and int every } } cache)
        {
            return technique;
        }

        IEnumerable<int> computed = pattern.Index().Where(sign => sign.Item == RecallPattern.Computes).Select(sign => sign.Index);
        return cache with { When = new Listed { At = [.. computed.Where((_, i) => i % every == 0).Select(evaluation => (double)evaluation / pattern.Length)] } };
    }
}
