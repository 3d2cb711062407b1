using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// Measures how far a model's pictures are from exact ones when less is computed. Exact runs of all and of fewer steps are recorded; which of their predictions are best foreseen is searched on what was
/// recorded, and what the search finds best at each cost is painted; so are ways of guidance, of caches in the network and of attention, each alone. What errors that add up say of combinations
/// of all these chooses some at each cost, which are painted too: every way that a budget may choose was measured itself.
/// </summary>
/// <param name="generator">Paints.</param>
/// <param name="resolve">Resolves a request.</param>
/// <param name="seconds">What the evaluations of a request take.</param>
internal sealed class Calibrator(Generator generator, Func<GenerationRequest, ResolvedRequest> resolve, Func<ResolvedRequest, double> seconds)
{
    private const double MostPsnr = 100;

    private const double ShortGaps = 0.5;

    // Combinations that are painted at a cost, how much below it they may be, and of how many plans are made to see what they cost.
    private const int Tried = 2;
    private const double Band = 0.1;
    private const int Planned = 16;

    // One that spares less than that of its cheapest part spares the same work twice.
    private const double Spares = 0.97;

    // A combination is not painted where so much worse is expected of it than what was measured at its cost, in dB: together errors were less, as a rule, than independent ones.
    private const double Hopeless = 2.5;

    private static readonly double[] Shares = [0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15];

    // Of the exact run's evaluations.
    private static readonly double[] Costs = [0.85, 0.75, 0.65, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15];

    // Over long gaps the search, which is of first order, may miss what an even cadence has.
    private static readonly int[] Cadences = [2, 3, 4, 5];

    private static readonly ITechnique[] OfBranches =
    [
        new Guidance { End = 0.9 }, new Guidance { End = 0.8 }, new Guidance { End = 0.7 }, new Guidance { End = 0.9, After = GuidanceAfter.Hold }, new Guidance { End = 0.8, After = GuidanceAfter.Hold },
        new Guidance { End = 0.7, After = GuidanceAfter.Hold }, new Guidance { End = 0.6, After = GuidanceAfter.Hold }, new Guidance { Every = 2, After = GuidanceAfter.Hold },
    ];

    private static readonly Cache Deep = new() { Where = new DeepFeatures(), When = new Cadence { Every = 2 }, How = new Taylor() };

    private static readonly ITechnique[] OfUNets = [Deep, Deep with { When = new Cadence { Every = 3 } }, new ToDo { Factors = [2] }];

    // The published settings of Stable Diffusion 3, and DiTCache's blocks with a forecast and for the whole run.
    private static readonly ITechnique[] OfTransformers =
    [
        new DiTCache(), new Cache { Where = new BlockRange { From = new DiTCache().From, To = new DiTCache().To }, When = new Cadence { Every = 2 }, How = new Taylor() },
        new ToDo { Factors = [1.6], Method = GridMethod.Bilinear, Layers = 0.5 },
    ];

    /// <summary>What a calibration paints at most, in exact pictures' worth of evaluations, for each picture.</summary>
    public static double Worth => 1 + Shares.Sum() + Costs.Sum() + Costs.Where(cost => cost <= ShortGaps).Sum() + Cadences.Sum(every => 1.0 / every) + (0.75 * (OfBranches.Length + OfUNets.Length)) + (Tried * Costs.Sum());

    /// <summary>Measures.</summary>
    /// <param name="requests">Exact requests of one picture each, alike but for prompt and seed.</param>
    /// <param name="source">What is measured, as people read it.</param>
    /// <param name="progress">Is told of the pictures that are painted.</param>
    /// <param name="cancellation">Observed within pictures.</param>
    public Frontier Measure(IReadOnlyList<GenerationRequest> requests, string source, Action<int, int>? progress, CancellationToken cancellation)
    {
        int done = 0, all = requests.Count * (1 + Shares.Length + ((2 + Tried) * Costs.Length) + Cadences.Length + OfBranches.Length + OfUNets.Length);
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
        List<Candidate> candidates = [.. Search(1, 0, [.. exact.Select(one => one.Recorded)], evaluations, cancellation)];
        foreach (double share in Shares)
        {
            FrontierPoint point = new(share, "", null, 0);
            Painted[] painted = [.. requests.Select(request => Paint(With(request, point)))];
            schedules.Add(Held(point, painted));
            double apart = painted.Zip(exact, (own, right) => MeanSquare(own.Latents, right.Latents)).Average();
            candidates.AddRange(Search(share, apart, [.. painted.Select(one => one.Recorded)], evaluations, cancellation));
        }

        schedules.AddRange(Chosen(candidates, evaluations).Select(one => Measured(new FrontierPoint(one.Share, one.Pattern, null, 0) { How = one.How })));
        schedules.AddRange(Cadences.Where(every => 2 * every <= evaluations).Select(every => new FrontierPoint(1, RecallPattern.Of(Enumerable.Range(0, evaluations).Select(e => e % every == 0)), null, 0) { How = ForecastKind.Chebyshev })
            .Where(point => schedules.All(other => (other.Pattern, other.How) != (point.Pattern, point.How))).ToArray().Select(Measured));
        FrontierPoint[] branches = [.. Allowed(OfBranches, requests[0]).Select(Measured)], layers = [.. Allowed(Allows(requests[0] with { Policy = new(Deep) }) ? OfUNets : OfTransformers, requests[0]).Select(Measured)];
        List<FrontierPoint> points = [.. schedules, .. branches, .. layers];
        (FrontierPoint Point, double Least)[] combined = [.. new CombinedSearch(schedules, branches, layers).All()];
        HashSet<FrontierPoint> taken = [];
        foreach (double cost in Costs)
        {
            double best = points.Where(point => point.Cost <= cost).Select(point => point.Psnr).DefaultIfEmpty(0).Max();
            FrontierPoint[] tried = [.. combined.Where(one => one.Point.Cost <= cost && one.Point.Cost > cost - (2 * Band) && one.Point.Psnr > best - Hopeless && !taken.Contains(one.Point) && Allows(With(requests[0], one.Point)))
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

    // The search is of first order: over long gaps the second choice may be better, and is painted too.
    private static IEnumerable<Candidate> Chosen(List<Candidate> candidates, int evaluations)
    {
        HashSet<Candidate> taken = [];
        foreach (double cost in Costs)
        {
            Candidate[] affordable = [.. candidates.Where(candidate => candidate.Computed <= (cost * evaluations) + 1e-9 && candidate.Computed > (cost - 0.15) * evaluations).OrderBy(candidate => candidate.Error)];
            IEnumerable<Candidate> best = affordable.Take(1).Concat(cost > ShortGaps ? [] : affordable.Where(candidate => (candidate.How, candidate.Share) != (affordable[0].How, affordable[0].Share)).Take(1));
            foreach (Candidate one in best.Where(taken.Add))
            {
                yield return one;
            }
        }
    }

    private static IEnumerable<Candidate> Search(double share, double apart, RecordedRun[] recorded, int exactEvaluations, CancellationToken cancellation)
    {
        int evaluations = recorded[0].Predictions.Count;
        int[] counts = [.. Costs.Select(cost => (int)(cost * exactEvaluations)).Where(count => count >= 2 && count < evaluations).Distinct()];
        return Enum.GetValues<ForecastKind>().SelectMany(how => new RecallSearch(new RecallError(recorded, how.Forecast())).Find(evaluations, counts, cancellation)
            .Select(found => new Candidate(share, RecallPattern.Of(found.Computed), how, found.Computed.Count(one => one), found.Error + apart)));
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

    private sealed record Candidate(double Share, string Pattern, ForecastKind How, int Computed, double Error);
}
