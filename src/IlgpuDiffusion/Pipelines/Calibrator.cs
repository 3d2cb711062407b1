using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// Measures how far a model's pictures are from exact ones when less is computed. Exact runs of all and of fewer steps are recorded; runs in which a single prediction is foreseen tell how errors grow
/// from there to the end; which predictions are best foreseen is searched on what was recorded, and what the search finds best at each cost is painted; so are ways of guidance, of caches in the network
/// and of attention, each alone. What errors that add up say of combinations of all these chooses some for each common budget, which are painted too: every way that a budget may choose was measured itself.
/// </summary>
/// <param name="generator">Paints.</param>
/// <param name="resolve">Resolves a request.</param>
/// <param name="seconds">What the evaluations of a request take.</param>
/// <param name="beside">What the rest of a request takes.</param>
internal sealed class Calibrator(Generator generator, Func<GenerationRequest, ResolvedRequest> resolve, Func<ResolvedRequest, double> seconds, Func<ResolvedRequest, double> beside)
{
    private const double MostPsnr = 100;

    // Latents that differ by less are equal.
    private const double LeastError = 1e-10;

    // Plain schedules that are painted at a cost.
    private const int Plain = 2;

    private const double LongGaps = 0.4;

    // The fewest steps of which schedules are searched: of fewer none was ever the best.
    private const double LeastShare = 0.5;

    // Combinations that are painted for a budget, how much cheaper than asked they may be, and of how many plans are made to see what they cost.
    private const int Tried = 2;
    private const double Band = 0.07;
    private const int Planned = 32;

    // Costs of combinations are not expected better.
    private const double Slack = 1.05;

    // One that spares less than that of its cheapest part spares the same work twice.
    private const double Spares = 0.97;

    // A combination is not painted where so much worse is expected of it than what was measured at its cost, in dB: together errors were less, as a rule, than independent ones.
    private const double Hopeless = 2.5;

    private static readonly double[] Shares = [0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15];

    // Of the exact run's evaluations.
    private static readonly double[] Costs = [0.85, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15];

    // Budgets for which ways are combined: schedules alone meet only what whole evaluations come to.
    private static readonly double[] Gains = [1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5];

    // Where a single prediction is foreseen, to see how its error grows: densest early, where little decides much.
    private static readonly double[] Probes = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    // Over long gaps the search, which is of first order, may miss what an even cadence has.
    private static readonly int[] Cadences = [2, 3, 4, 5];

    private static readonly ITechnique[] OfBranches =
    [
        new Guidance { End = 0.9 }, new Guidance { End = 0.8 }, new Guidance { End = 0.7 }, new Guidance { End = 0.9, After = GuidanceAfter.Hold }, new Guidance { End = 0.8, After = GuidanceAfter.Hold },
        new Guidance { End = 0.7, After = GuidanceAfter.Hold }, new Guidance { End = 0.6, After = GuidanceAfter.Hold }, new Guidance { Every = 2, After = GuidanceAfter.Hold },
        new TGate { Gate = 0.8 },
    ];

    private static readonly Cache Deep = new() { Where = new DeepFeatures(), When = new Cadence { Every = 2 }, How = new Taylor() };

    private static readonly ITechnique[] OfUNets = [Deep, Deep with { When = new Cadence { Every = 3 } }, new ToDo { Factors = [2] }, new ToMe(), new HyperTile { Tile = 64 }];

    // The published settings of Stable Diffusion 3, and DiTCache's blocks with a forecast and for the whole run.
    private static readonly ITechnique[] OfTransformers =
    [
        new DiTCache(), new Cache { Where = new BlockRange { From = new DiTCache().From, To = new DiTCache().To }, When = new Cadence { Every = 2 }, How = new Taylor() },
        new ToDo { Factors = [1.6], Method = GridMethod.Bilinear, Layers = 0.5 },
    ];

    /// <summary>What a calibration paints at most, in exact pictures' worth of evaluations, for each picture.</summary>
    public static double Worth => 1 + Shares.Sum() + Probes.Length + ((1 + Plain) * Costs.Sum()) + Costs.Where(cost => cost <= LongGaps).Sum() + Cadences.Sum(every => 1.0 / every) + (0.75 * (OfBranches.Length + OfUNets.Length)) + (Tried * Gains.Sum(gain => 1 / gain));

    /// <summary>Measures.</summary>
    /// <param name="requests">Exact requests of one picture each, alike but for prompt and seed.</param>
    /// <param name="source">What is measured, as people read it.</param>
    /// <param name="progress">Is told of the pictures that are painted.</param>
    /// <param name="cancellation">Observed within pictures.</param>
    public Frontier Measure(IReadOnlyList<GenerationRequest> requests, string source, Action<int, int>? progress, CancellationToken cancellation)
    {
        int done = 0, all = requests.Count * (1 + Shares.Length + Probes.Length + ((1 + Plain) * Costs.Length) + Costs.Count(cost => cost <= LongGaps) + (Tried * Gains.Length) + Cadences.Length + OfBranches.Length + OfUNets.Length);
        Painted Paint(GenerationRequest request)
        {
            Painted painted = Run(resolve(request), cancellation);
            progress?.Invoke(Math.Min(++done, all), all);
            return painted;
        }

        Painted[] exact = [.. requests.Select(Paint)];
        double Likeness(IEnumerable<Painted> painted) => painted.Zip(exact, (own, right) => Math.Min(MostPsnr, ImageMetrics.Psnr(right.Picture, own.Picture))).Average();
        GenerationRequest With(GenerationRequest request, FrontierPoint point) => request with { Policy = point.For(EvaluationsOf(request, point.Steps)) };
        double exactSeconds = seconds(resolve(requests[0]));
        double CostOf(FrontierPoint point) => Math.Round(seconds(resolve(With(requests[0], point))) / exactSeconds, 3);
        FrontierPoint Held(FrontierPoint point, IEnumerable<Painted> painted) => point with { Psnr = Math.Round(Likeness(painted), 2), Cost = CostOf(point) };
        FrontierPoint Measured(FrontierPoint point) => Held(point, [.. requests.Select(request => Paint(With(request, point)))]);

        List<FrontierPoint> schedules = [];
        int evaluations = exact[0].Recorded.Predictions.Count;
        int[] probed = [.. Probes.Select(at => Math.Max(1, (int)Math.Round(at * evaluations))).Distinct().Where(e => e < evaluations)];
        Painted[][] probes = [.. probed.Select(e => requests.Select(request => Paint(request with { Policy = new FrontierPoint(1, AllBut(e, evaluations), null, 0).For(evaluations) })).ToArray())];
        ErrorGrowth[] growth = [.. exact.Select((own, i) => new ErrorGrowth([.. probed.Select((e, probe) => ((double)e / evaluations, Factor(own, probes[probe][i], AllBut(e, evaluations))))]))];
        List<Candidate> candidates = [.. Search(1, [.. exact.Select((own, i) => own.Recorded with { Growth = growth[i] })], evaluations, cancellation)];
        List<Candidate> first = [.. Search(1, [.. exact.Select(own => own.Recorded)], evaluations, cancellation)];
        foreach (double share in Shares)
        {
            FrontierPoint point = new(share, "", null, 0);
            Painted[] painted = [.. requests.Select(request => Paint(With(request, point)))];
            schedules.Add(Held(point, painted));
            if (share >= LeastShare)
            {
                RecordedRun[] apart = [.. painted.Select((own, i) => own.Recorded with { Apart = MeanSquare(own.Latents, exact[i].Latents) })];
                candidates.AddRange(Search(share, [.. apart.Select((run, i) => run with { Growth = growth[i] })], evaluations, cancellation));
                first.AddRange(Search(share, apart, evaluations, cancellation));
            }
        }

        schedules.AddRange(Chosen(candidates, first, evaluations).Select(one => Measured(new FrontierPoint(one.Share, one.Pattern, null, 0) { How = one.How })));
        schedules.AddRange(Cadences.Where(every => 2 * every <= evaluations).Select(every => new FrontierPoint(1, RecallPattern.Of(Enumerable.Range(0, evaluations).Select(e => e % every == 0)), null, 0) { How = ForecastKind.Chebyshev })
            .Where(point => schedules.All(other => (other.Pattern, other.How) != (point.Pattern, point.How))).ToArray().Select(Measured));
        FrontierPoint[] branches = [.. Allowed(OfBranches, requests[0]).Select(Measured)], layers = [.. Allowed(Allows(requests[0] with { Policy = new(Deep) }) ? OfUNets : OfTransformers, requests[0]).Select(Measured)];
        List<FrontierPoint> points = [.. schedules, .. branches, .. layers];
        (FrontierPoint Point, double Least)[] combined = [.. new CombinedSearch(schedules, branches, layers).All()];
        HashSet<FrontierPoint> taken = [];
        double besideOne = beside(resolve(requests[0])) / exactSeconds;
        foreach (double cost in Gains.Select(gain => ((1 + besideOne) / gain) - besideOne).Where(cost => cost > 0))
        {
            double best = points.Where(point => point.Cost <= cost).Select(point => point.Psnr).DefaultIfEmpty(0).Max();
            FrontierPoint[] tried = [.. combined.Where(one => one.Point.Cost > cost - (2 * Band) && one.Point.Cost <= cost * Slack && one.Point.Psnr > best - Hopeless && !taken.Contains(one.Point) && Allows(With(requests[0], one.Point)))
                .Take(Planned).Where(one => CostOf(one.Point) is var own && own <= Math.Min(cost, Spares * one.Least) && own > cost - Band).Select(one => one.Point).Take(Tried)];
            taken.UnionWith(tried);
            points.AddRange(tried.Select(Measured));
        }

        progress?.Invoke(all, all);
        return new Frontier(source, requests.Count, points);
    }

    private int EvaluationsOf(GenerationRequest request, double share) => resolve(request with { Policy = new() { Steps = share } }).Key.Evaluations;

    // What this network and this run allow.
    private IEnumerable<FrontierPoint> Allowed(IEnumerable<ITechnique> techniques, GenerationRequest request) =>
        techniques.Select(technique => new AccelerationPolicy(technique)).Where(policy => Allows(request with { Policy = policy })).Select(policy => new FrontierPoint(1, "", policy.ToJson(), 0));

    private bool Allows(GenerationRequest request)
    {
        try
        {
            return resolve(request).Plan is { Variants.Count: > 0 } plan && (plan.Variants.Count > 1 || plan.Sites.Any(site => plan.Variants[0][site] != default));
        }
        catch (RequestException)
        {
            return false;
        }
    }

    // What is expected is no more than a guide, and a search finds what it is wrong about, too: beside what it finds best at a cost the best of the plain schedules are painted. Over long gaps errors are so large
    // that they grow no more, and what first order alone finds is painted as well.
    private static IEnumerable<Candidate> Chosen(List<Candidate> candidates, List<Candidate> first, int evaluations)
    {
        HashSet<(double, string, ForecastKind)> taken = [];
        foreach (double cost in Costs)
        {
            Candidate[] Affordable(List<Candidate> of) =>
                [.. of.Where(candidate => candidate.Computed <= (cost * evaluations) + 1e-9 && candidate.Computed > (cost - 0.15) * evaluations).OrderBy(candidate => candidate.Error)];
            Candidate[] affordable = Affordable(candidates);
            foreach (Candidate one in affordable.Take(1).Concat(affordable.Where(candidate => candidate.IsPlain).Take(Plain)).Concat(cost > LongGaps ? [] : Affordable(first).Take(1)).Where(one => taken.Add((one.Share, one.Pattern, one.How))))
            {
                yield return one;
            }
        }
    }

    private static IEnumerable<Candidate> Search(double share, RecordedRun[] recorded, int exactEvaluations, CancellationToken cancellation)
    {
        int evaluations = recorded[0].Predictions.Count;
        int[] counts = [.. Costs.Select(cost => (int)((cost * exactEvaluations) + 1e-9)).Where(count => count >= 2 && count < evaluations).Distinct()];
        foreach (ForecastKind how in Enum.GetValues<ForecastKind>())
        {
            RecallError error = new(recorded, how.Forecast());
            foreach ((bool[] computed, double expected) in new RecallSearch(error).Find(evaluations, counts, cancellation))
            {
                yield return new Candidate(share, RecallPattern.Of(computed), how, computed.Count(one => one), expected, IsPlain: false);
            }

            foreach (int count in counts)
            {
                foreach ((bool[] computed, double expected) in Enumerable.Range(0, count).Select(first => RecallPattern.Even(evaluations, count, first)).Select(pattern => (pattern, error.Of(pattern))).OrderBy(one => one.Item2).Take(Plain))
                {
                    yield return new Candidate(share, RecallPattern.Of(computed), how, count, expected, IsPlain: true);
                }
            }
        }
    }

    private static string AllBut(int foreseen, int evaluations) => RecallPattern.Of(Enumerable.Range(0, evaluations).Select(e => e != foreseen));

    // What was measured over what first order says.
    private static double Factor(Painted exact, Painted probe, string pattern)
    {
        double expected = new RecallError([exact.Recorded], new Taylor()).Of(RecallPattern.For(pattern, pattern.Length));
        return Math.Sqrt(Math.Max(LeastError, MeanSquare(probe.Latents, exact.Latents)) / expected);
    }

    private static double MeanSquare(float[] a, float[] b) => a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Average();

    private Painted Run(ResolvedRequest request, CancellationToken cancellation)
    {
        RecordedRun recorded = new(request.Program);
        float[] latents = [];
        DenoiseHooks hooks = new(EndStep: read => latents = read(), Evaluated: (evaluation, noisy, clean) => recorded.Add(evaluation, noisy, clean));
        return new Painted(generator.Generate(request, null, cancellation, hooks).Images[0].Image, latents, recorded);
    }

    private sealed record Painted(Image Picture, float[] Latents, RecordedRun Recorded);

    private sealed record Candidate(double Share, string Pattern, ForecastKind How, int Computed, double Error, bool IsPlain);
}
