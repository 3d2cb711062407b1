using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// Measures how far a model's pictures are from exact ones when less is computed. Exact runs of all and of fewer steps are recorded; which of their predictions are best foreseen is searched on what was
/// recorded; what the search finds best at each cost, and some other ways, are then painted and held against the exact pictures.
/// </summary>
internal sealed class Calibrator(Generator generator, Func<GenerationRequest, ResolvedRequest> resolve)
{
    private const double MostPsnr = 100;

    private const double ShortGaps = 0.5;

    private static readonly double[] Shares = [0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15];

    // Of the exact run's evaluations.
    private static readonly double[] Costs = [0.85, 0.75, 0.65, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15];

    private static readonly AccelerationPolicy[] Others =
    [
        new(new Guidance { End = 0.8 }), new(new Guidance { End = 0.8, After = GuidanceAfter.Hold }), new(new Guidance { End = 0.6 }), new(new Guidance { End = 0.6 }) { Steps = 0.6 },
        new(new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 2 }, How = new Taylor() }), new(new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 3 }, How = new Taylor() }),
    ];

    /// <summary>What a calibration paints, in exact pictures' worth of evaluations, for each picture.</summary>
    public static double Worth => 1 + Shares.Sum() + Costs.Sum() + Costs.Where(cost => cost <= ShortGaps).Sum() + Others.Length;

    /// <summary>Measures.</summary>
    /// <param name="requests">Exact requests of one picture each, alike but for prompt and seed.</param>
    /// <param name="source">What is measured, as people read it.</param>
    /// <param name="progress">Is told of the pictures that are painted.</param>
    /// <param name="cancellation">Observed within pictures.</param>
    public Frontier Measure(IReadOnlyList<GenerationRequest> requests, string source, Action<int, int>? progress, CancellationToken cancellation)
    {
        int done = 0, all = requests.Count * (1 + Shares.Length + (2 * Costs.Length) + Others.Length);
        Painted Paint(GenerationRequest request)
        {
            Painted painted = Run(resolve(request), cancellation);
            progress?.Invoke(Math.Min(++done, all), all);
            return painted;
        }

        Painted[] exact = [.. requests.Select(Paint)];
        List<FrontierPoint> points = [];
        List<Candidate> candidates = [];
        void Add(double share, string pattern, AccelerationPolicy? other, ForecastKind how = default)
        {
            Painted[] painted = [.. requests.Select(request => Paint(request with { Policy = new FrontierPoint(share, pattern, other?.ToJson(), 0) { How = how }.For(EvaluationsOf(request, share)) }))];
            points.Add(new FrontierPoint(share, pattern, other?.ToJson(), painted.Zip(exact, (own, right) => Math.Min(MostPsnr, ImageMetrics.Psnr(right.Picture, own.Picture))).Average()) { How = how });
        }

        int evaluations = exact[0].Recorded.Predictions.Count;
        candidates.AddRange(Search(1, 0, [.. exact.Select(one => one.Recorded)], evaluations, cancellation));
        foreach (double share in Shares)
        {
            Painted[] painted = [.. requests.Select(request => Paint(request with { Policy = new() { Steps = share } }))];
            points.Add(new FrontierPoint(share, "", null, painted.Zip(exact, (own, right) => Math.Min(MostPsnr, ImageMetrics.Psnr(right.Picture, own.Picture))).Average()));
            double apart = painted.Zip(exact, (own, right) => MeanSquare(own.Latents, right.Latents)).Average();
            candidates.AddRange(Search(share, apart, [.. painted.Select(one => one.Recorded)], evaluations, cancellation));
        }

        HashSet<Candidate> taken = [];
        foreach (double cost in Costs)
        {
            // The search is of first order: over long gaps the second choice may be better, and is painted too.
            Candidate[] affordable = [.. candidates.Where(candidate => candidate.Computed <= cost * evaluations + 1e-9 && candidate.Computed > (cost - 0.15) * evaluations).OrderBy(candidate => candidate.Error)];
            IEnumerable<Candidate> best = affordable.Take(1).Concat(cost > ShortGaps ? [] : affordable.Where(candidate => (candidate.How, candidate.Share) != (affordable[0].How, affordable[0].Share)).Take(1));
            foreach (Candidate one in best.Where(taken.Add))
            {
                Add(one.Share, one.Pattern, null, one.How);
            }
        }

        foreach (AccelerationPolicy other in Others)
        {
            try
            {
                Add(other.Steps, "", new AccelerationPolicy([.. other.Techniques]));
            }
            catch (RequestException)
            {
                // This network does not allow it.
            }
        }

        progress?.Invoke(all, all);
        return new Frontier(source, requests.Count, points) { IsCalibrated = true };
    }

    private int EvaluationsOf(GenerationRequest request, double share) => resolve(request with { Policy = new() { Steps = share } }).Key.Evaluations;

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
