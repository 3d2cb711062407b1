using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// Measures how far a model's pictures are from exact ones when less is computed. What is of most use comes first, so that it may end at any time after the least: fewer steps and ways that are known to be good
/// elsewhere; then runs in which a single prediction is foreseen, which tell how errors grow from there to the end, the schedules that a search finds on what was recorded, and single methods; then combinations of
/// these that errors that add up let expect to be best. All that on one picture; those near the front of likeness against cost race on for the others.
/// </summary>
/// <param name="painter">Paints.</param>
/// <param name="clock">Says what still fits.</param>
/// <param name="plan">What is to be done in the time.</param>
internal sealed class Calibrator(ICalibrationPainter painter, CalibrationClock clock, CalibrationPlan plan)
{
    // Latents that differ by less are equal.
    private const double LeastError = 1e-10;

    private const int Passes = 2;

    // Combinations that are painted for a budget: of a schedule and guidance, and of those with less of the network too, whose errors add up less well; how much cheaper than asked they may be, and of how many
    // plans are made to see what they cost.
    private const int Guided = 2, Deeper = 1;
    private const double Band = 0.07;
    private const int Planned = 32;

    // Costs of combinations are not expected better.
    private const double Slack = 1.05;

    // One that spares less than that of its cheapest part spares the same work twice.
    private const double Spares = 0.97;

    // A combination is not painted where so much worse is expected of it than what was measured at its cost, in dB: together errors were less, as a rule, than independent ones.
    private const double Hopeless = 2.5;

    // Where a single prediction is foreseen, to see how its error grows: densest early, where little decides much.
    private static readonly double[] Probes = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    private readonly CalibrationSheet _sheet = new();
    private readonly List<RecordedRun> _exact = [];
    private readonly Dictionary<double, Painted> _fewer = [];
    private FrontierPoint[] _branches = [], _layers = [];
    private ScheduleCandidates? _candidates;
    private CalibrationPlan _plan = plan;
    private double _later;
    private bool _isUsable;

    /// <summary>What was measured until now; null where that is less than is of use.</summary>
    public IReadOnlyList<FrontierPoint>? Found => _isUsable ? _sheet.Points() : null;

    /// <summary>How many exact pictures were painted.</summary>
    public int Pictures => _exact.Count;

    private int Evaluations => _exact[0].Predictions.Count;

    /// <summary>Measures.</summary>
    /// <param name="known">What is known of models like this one, the best first; may be empty.</param>
    /// <param name="cancellation">Observed within pictures.</param>
    /// <exception cref="RequestException">The run is too short for any way of computing less.</exception>
    public void Measure(Frontier known, CancellationToken cancellation)
    {
        clock.Expect(Math.Min(clock.Left, _plan.Whole));
        Exact();
        foreach (FrontierPoint way in Fewer().Take(CalibrationWays.Least).Concat(Elsewhere(known, CalibrationWays.Least)))
        {
            Paint(way);
        }

        if (_sheet.Points().Count == 0)
        {
            throw new RequestException(nameof(GenerationRequest.Steps), "There is nothing to calibrate: a run of so few steps can leave nothing out. Calibrate with more of them (--steps), such as the model's usual number.");
        }

        // What pictures take is known from here on.
        _isUsable = true;
        _plan = CalibrationPlan.Of(CalibrationPlan.Least + clock.Left, _plan.Pictures, _plan.FewerOnly);
        _later = _plan.Later;
        clock.Expect(Math.Min(clock.Left, _plan.Whole - CalibrationPlan.Least));
        for (int picture = 1; picture < _plan.Pictures; picture++)
        {
            Exact();
        }

        FrontierPoint[] elsewhere = [.. Elsewhere(known, _plan.Probes == 0 ? CalibrationWays.Costs.Count : CalibrationWays.Least)];
        if (!_plan.FewerOnly)
        {
            (_branches, _layers) = (Alone(CalibrationWays.OfBranches), Alone(painter.Allows(Alone(CalibrationWays.TellsUNets)) ? CalibrationWays.OfUNets : CalibrationWays.OfTransformers));
        }

        if (_plan.Probes > 0)
        {
            Search(cancellation);
        }

        // What other pictures leave of the time goes to what did not fit before them, and to what comes out of them.
        for (int pass = 0; pass < Passes; pass++)
        {
            Schedules();
            Try(elsewhere);
            Try(_plan.FewerOnly ? [] : Cadences());
            Try(Fewer());
            Try(_branches);
            Try(_layers);
            Combine();
            _later = 0;
            Race(() => _sheet.InRace(_plan.Pictures));
        }

        // Of single ways it is said how much they lose, whoever asks for them, and what others lose with them is expected from it.
        FrontierPoint[] single = [.. Fewer(), .. _branches, .. _layers];
        Race(() => _sheet.Lacking(single, _plan.Pictures));
        Race(() => _sheet.InRace(_plan.Pictures));
        clock.End();
    }

    private IEnumerable<FrontierPoint> Elsewhere(Frontier known, int costs) => _plan.FewerOnly ? [] : CalibrationWays.Costs.Take(costs).SelectMany(cost => Known(known, cost));

    // The best that is known to cost so much, if this network allows it.
    private IEnumerable<FrontierPoint> Known(Frontier known, double cost) =>
        known.InOrder(known.Points.Where(point => !point.IsPlain && point.Cost <= cost + (Band / 2) && point.Cost > cost - Band)).Select(point => new FrontierPoint(point.Steps, point.Pattern, point.Policy, 0) { How = point.How })
            .Where(painter.Allows).Take(1);

    private static IEnumerable<FrontierPoint> Fewer() => CalibrationWays.Shares.Select(share => new FrontierPoint(share, "", null, 0));

    private IEnumerable<FrontierPoint> Cadences() => CalibrationWays.Cadences.Where(every => 2 * every <= Evaluations)
        .Select(every => new FrontierPoint(1, RecallPattern.Of(Enumerable.Range(0, Evaluations).Select(e => e % every == 0)), null, 0) { How = ForecastKind.Chebyshev });

    private void Exact()
    {
        _exact.Add(painter.Exact(_exact.Count));
        clock.Count(1);
        _later = Math.Max(0, _later - (_exact.Count > 1 ? 1 : 0));
    }

    // Those that fit the time, of which nothing was measured.
    private void Try(IEnumerable<FrontierPoint> ways)
    {
        foreach (FrontierPoint way in ways)
        {
            Try(way);
        }
    }

    private void Try(FrontierPoint way)
    {
        if (!_sheet.Has(way) && painter.Costed(way) is var costed && Fits(costed))
        {
            Paint(costed);
        }
    }

    // The time of a picture over that of an exact one.
    private double Worth(FrontierPoint costed) => (costed.Cost + painter.Beside) / (1 + painter.Beside);

    private bool Fits(FrontierPoint costed) => Worth(costed) <= clock.Left - _later;

    private void Paint(FrontierPoint way)
    {
        FrontierPoint costed = painter.Costed(way);
        if (_sheet.Has(way) || !painter.Allows(way))
        {
            return;
        }

        Painted painted = painter.Paint(0, way);
        _sheet.Add(costed, painted.Psnr);
        if (way.IsPlain)
        {
            _fewer[way.Steps] = painted;
        }

        clock.Count(Worth(costed));
    }

    private void Search(CancellationToken cancellation)
    {
        Try(Fewer().Where(way => way.Steps >= CalibrationWays.LeastShare));
        ErrorGrowth growth = Growth();
        _candidates = new ScheduleCandidates(Evaluations);
        _candidates.Search(1, [.. _exact.Select(own => own with { Growth = growth })], cancellation);
        foreach ((double share, Painted fewer) in _fewer.Where(fewer => fewer.Key >= CalibrationWays.LeastShare).OrderByDescending(fewer => fewer.Key))
        {
            _candidates.Search(share, [fewer.Recorded with { Apart = fewer.Apart, Growth = growth }], cancellation);
        }
    }

    // What was found, and, of plain ones that came out nearest, those beside them.
    private void Schedules()
    {
        if (_candidates is { } candidates)
        {
            Try(candidates.Chosen());
            Try([.. Front().SelectMany(candidates.Beside)]);
        }
    }

    // How much further an error comes than to first order, along the run. That is the model's, not a picture's, so one picture tells it.
    private ErrorGrowth Growth()
    {
        int[] probed = [.. Enumerable.Range(0, _plan.Probes).Select(i => Probes[(int)Math.Round(i * (Probes.Length - 1) / (_plan.Probes - 1.0))]).Select(at => Math.Max(1, (int)Math.Round(at * Evaluations))).Distinct().Where(e => e < Evaluations)];
        List<(double, double)> measured = [];
        foreach (int e in probed)
        {
            string pattern = RecallPattern.Of(Enumerable.Range(0, Evaluations).Select(other => other != e));
            FrontierPoint way = new(1, pattern, null, 0);
            double expected = new RecallError([_exact[0]], new Taylor()).Of(RecallPattern.For(pattern, pattern.Length));
            measured.Add(((double)e / Evaluations, Math.Sqrt(Math.Max(LeastError, painter.Paint(0, way).Apart) / expected)));
            clock.Count(1);
        }

        return new ErrorGrowth(measured);
    }

    private FrontierPoint[] Front()
    {
        IReadOnlyList<FrontierPoint> points = _sheet.Points();
        return [.. points.Where(point => points.All(other => other.Cost > point.Cost || other.Psnr <= point.Psnr))];
    }

    // As far as this network and this run allow them.
    private FrontierPoint[] Alone(IEnumerable<ITechnique> techniques) => [.. techniques.Select(technique => Alone(new AccelerationPolicy(technique))).Where(painter.Allows)];

    private static FrontierPoint Alone(AccelerationPolicy policy) => new(1, "", policy.ToJson(), 0);

    // What errors that add up let expect to be best at each of some budgets.
    private void Combine()
    {
        IReadOnlyList<FrontierPoint> points = _sheet.Points();
        FrontierPoint[] Measured(FrontierPoint[] ways) => [.. points.Where(point => ways.Any(way => way.IsAs(point)))];
        (FrontierPoint Point, double Least)[] combined = [.. new CombinedSearch([.. points.Where(point => point.Policy is null)], Measured(_branches), Measured(_layers)).All()];
        foreach (double cost in CalibrationWays.Gains.Select(gain => ((1 + painter.Beside) / gain) - painter.Beside).Where(cost => cost > 0))
        {
            double best = points.Where(point => point.Cost <= cost).Select(point => point.Psnr).DefaultIfEmpty(0).Max();
            FrontierPoint[] likely = [.. combined.Where(one => one.Point.Cost > cost - (2 * Band) && one.Point.Cost <= cost * Slack && one.Point.Psnr > best - Hopeless && !_sheet.Has(one.Point) && painter.Allows(one.Point))
                .Take(Planned).Where(one => painter.Costed(one.Point).Cost is var own && own <= Math.Min(cost, Spares * one.Least) && own > cost - Band).Select(one => one.Point)];
            ILookup<bool, FrontierPoint> deeper = likely.ToLookup(point => AccelerationPolicy.Parse(point.Policy!).Techniques.Any(technique => technique.Phase != TechniquePhase.Guidance));
            Try([.. deeper[false].Take(Guided), .. deeper[true].Take(Deeper)]);
        }
    }

    private void Race(Func<IReadOnlyList<FrontierPoint>> lacking)
    {
        while (lacking() is [var next, ..] racing)
        {
            clock.Expect(racing.Sum(way => Worth(way) * (_plan.Pictures - way.Pictures)));
            if (!Fits(next))
            {
                break;
            }

            _sheet.Add(next, painter.Paint(next.Pictures, next).Psnr);
            clock.Count(Worth(next));
        }
    }
}
