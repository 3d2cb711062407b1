namespace IlgpuDiffusion.Tuning;

/// <summary>
/// Schedules of computed and foreseen evaluations that are worth painting: by what was recorded, the best that a search finds at each cost, and the best of the plain ones, the first ones computed, then evenly.
/// What is expected is no more than a guide, and a search finds what it is wrong about, too.
/// </summary>
/// <param name="evaluations">The evaluations of the exact run, which costs are shares of.</param>
internal sealed class ScheduleCandidates(int evaluations)
{
    // Plain schedules that are painted at a cost.
    private const int Plain = 2;

    // Cheaper than a cost by no more than that.
    private const double Band = 0.15;

    private readonly List<Candidate> _grown = [];
    private readonly List<Candidate> _first = [];

    /// <summary>Searches schedules of runs of a share of the steps.</summary>
    /// <param name="share">The share.</param>
    /// <param name="recorded">The runs, with the growth of their errors.</param>
    /// <param name="cancellation">Observed between schedules.</param>
    public void Search(double share, IReadOnlyList<RecordedRun> recorded, CancellationToken cancellation)
    {
        _grown.AddRange(Found(share, recorded, CalibrationWays.Costs, cancellation));
        _first.AddRange(Found(share, [.. recorded.Select(run => run with { Growth = ErrorGrowth.None })], CalibrationWays.Costs.Where(cost => cost <= CalibrationWays.LongGaps), cancellation));
    }

    /// <summary>The best at each cost, those first without which most budgets have nothing; then plain ones, and over long gaps what first order alone finds for each forecast. A way may come more than once.</summary>
    public IEnumerable<FrontierPoint> Chosen() =>
        CalibrationWays.Costs.Select(cost => At(_grown, cost).Take(1))
            .Concat(CalibrationWays.Costs.Select(cost => At(_grown, cost).Where(candidate => candidate.First is not null).DistinctBy(candidate => candidate.Way).Take(Plain).Concat(cost > CalibrationWays.LongGaps ? [] : At(_first, cost).DistinctBy(candidate => candidate.Way.How))))
            .SelectMany(candidates => candidates).Select(candidate => candidate.Way);

    /// <summary>Plain schedules that compute one more or one less of the first ones than a plain one does; none for others.</summary>
    public IEnumerable<FrontierPoint> Beside(FrontierPoint way) => _grown.Find(candidate => candidate.First is not null && candidate.Way.IsAs(way)) is { First: { } first } plain
        ? new[] { first - 1, first + 1 }.Where(other => other >= 0 && other < plain.Computed).Select(other => plain.Way with { Pattern = RecallPattern.Of(RecallPattern.Even(way.Pattern.Length, plain.Computed, other)) })
        : [];

    private IEnumerable<Candidate> At(List<Candidate> of, double cost) =>
        of.Where(candidate => candidate.Computed <= (cost * evaluations) + 1e-9 && candidate.Computed > (cost - Band) * evaluations).OrderBy(candidate => candidate.Error);

    private IEnumerable<Candidate> Found(double share, IReadOnlyList<RecordedRun> recorded, IEnumerable<double> costs, CancellationToken cancellation)
    {
        int own = recorded[0].Predictions.Count;
        int[] counts = [.. costs.Select(cost => (int)((cost * evaluations) + 1e-9)).Where(count => count >= 2 && count < own).Distinct()];
        foreach (ForecastKind how in Enum.GetValues<ForecastKind>())
        {
            RecallError error = new(recorded, how.Forecast());
            foreach ((bool[] computed, double expected) in new RecallSearch(error).Find(own, counts, cancellation))
            {
                yield return Of(computed, expected, null);
            }

            foreach (int count in counts)
            {
                for (int first = 0; first < count; first++)
                {
                    bool[] pattern = RecallPattern.Even(own, count, first);
                    yield return Of(pattern, error.Of(pattern), first);
                }
            }

            Candidate Of(bool[] computed, double expected, int? first) => new(new FrontierPoint(share, RecallPattern.Of(computed), null, 0) { How = how }, computed.Count(one => one), expected, first);
        }
    }

    // First: how many of the first ones a plain schedule computes.
    private sealed record Candidate(FrontierPoint Way, int Computed, double Error, int? First);
}
