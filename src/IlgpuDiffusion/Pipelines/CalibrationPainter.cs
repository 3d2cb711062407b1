using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Paints the pictures of a calibration with the model, and records what the network predicts in them.</summary>
/// <param name="generator">Paints.</param>
/// <param name="resolve">Resolves a request.</param>
/// <param name="seconds">What the evaluations of a request take.</param>
/// <param name="beside">What the rest of a request takes.</param>
/// <param name="requests">Exact requests of one picture each, alike but for prompt and seed.</param>
/// <param name="cancellation">Observed within pictures.</param>
internal sealed class CalibrationPainter(Generator generator, Func<GenerationRequest, ResolvedRequest> resolve, Func<ResolvedRequest, double> seconds, Func<ResolvedRequest, double> beside, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellation)
    : ICalibrationPainter
{
    // Pictures that are equal.
    private const double MostPsnr = 100;

    private readonly Dictionary<int, (Image Picture, float[] Latents)> _pictures = [];
    private readonly double _exact = seconds(resolve(requests[0]));
    private readonly double _beside = beside(resolve(requests[0]));

    /// <inheritdoc/>
    public double Beside => _beside / _exact;

    /// <inheritdoc/>
    public FrontierPoint Costed(FrontierPoint way) => way with { Cost = Math.Round(seconds(resolve(With(0, way))) / _exact, 3) };

    /// <inheritdoc/>
    public bool Allows(FrontierPoint way)
    {
        try
        {
            return resolve(With(0, way)) is { Plan: { Variants.Count: > 0 } plan } resolved && (way.IsPlain ? resolved.Steps < resolved.AskedSteps : plan.Variants.Count > 1 || plan.Sites.Any(site => plan.Variants[0][site] != default));
        }
        catch (RequestException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public RecordedRun Exact(int picture)
    {
        (Image painted, float[] latents, RecordedRun recorded) = Paint(requests[picture]);
        _pictures[picture] = (painted, latents);
        return recorded;
    }

    /// <inheritdoc/>
    public Painted Paint(int picture, FrontierPoint way)
    {
        (Image painted, float[] latents, RecordedRun recorded) = Paint(With(picture, way));
        (Image exact, float[] right) = _pictures[picture];
        return new Painted(Math.Min(MostPsnr, ImageMetrics.Psnr(exact, painted)), latents.Zip(right, (x, y) => ((double)x - y) * ((double)x - y)).Average(), recorded);
    }

    private (Image Picture, float[] Latents, RecordedRun Recorded) Paint(GenerationRequest asked)
    {
        ResolvedRequest request = resolve(asked);
        RecordedRun recorded = new(request.Program);
        float[] latents = [];
        DenoiseHooks hooks = new(EndStep: read => latents = read(), Evaluated: (evaluation, noisy, clean) => recorded.Add(evaluation, noisy, clean));
        return (generator.Generate(request, null, cancellation, hooks).Images[0].Image, latents, recorded);
    }

    private GenerationRequest With(int picture, FrontierPoint way) => requests[picture] with { Policy = way.For(EvaluationsOf(way.Steps)) };

    private int EvaluationsOf(double share) => resolve(requests[0] with { Policy = new AccelerationPolicy { Steps = share } }).Key.Evaluations;
}
