using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Paints the pictures of a calibration and records what the network predicts in them.</summary>
/// <param name="generator">Paints.</param>
/// <param name="resolve">Resolves a request.</param>
/// <param name="seconds">What the evaluations of a request take.</param>
/// <param name="beside">What the rest of a request takes.</param>
/// <param name="requests">Exact requests of one picture each, alike but for prompt and seed.</param>
/// <param name="cancellation">Observed within pictures.</param>
internal sealed class CalibrationPainter(Generator generator, Func<GenerationRequest, ResolvedRequest> resolve, Func<ResolvedRequest, double> seconds, Func<ResolvedRequest, double> beside, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellation)
{
    private readonly double _exact = seconds(resolve(requests[0]));
    private readonly double _beside = beside(resolve(requests[0]));

    /// <summary>Seconds beside the evaluations over those of the exact evaluations.</summary>
    public double Beside => _beside / _exact;

    /// <summary>The exact request of a picture.</summary>
    public FrontierPoint Exact { get; } = new(1, "", null, 0) { Cost = 1 };

    /// <summary>A way with its cost.</summary>
    public FrontierPoint Costed(FrontierPoint way) => way with { Cost = Math.Round(seconds(resolve(With(0, way))) / _exact, 3) };

    /// <summary>The time of a picture over that of an exact one.</summary>
    /// <param name="way">A way with its cost.</param>
    public double Worth(FrontierPoint way) => (way.Cost + Beside) / (1 + Beside);

    /// <summary>Whether this network and this run allow a way, and it does anything to them.</summary>
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

    /// <summary>Paints a picture in a way.</summary>
    public Painted Paint(int picture, FrontierPoint way)
    {
        ResolvedRequest request = resolve(With(picture, way));
        RecordedRun recorded = new(request.Program);
        float[] latents = [];
        DenoiseHooks hooks = new(EndStep: read => latents = read(), Evaluated: (evaluation, noisy, clean) => recorded.Add(evaluation, noisy, clean));
        return new Painted(generator.Generate(request, null, cancellation, hooks).Images[0].Image, latents, recorded);
    }

    private GenerationRequest With(int picture, FrontierPoint way) => requests[picture] with { Policy = way.For(EvaluationsOf(way.Steps)) };

    private int EvaluationsOf(double share) => resolve(requests[0] with { Policy = new AccelerationPolicy { Steps = share } }).Key.Evaluations;
}

/// <summary>A picture of a calibration.</summary>
/// <param name="Picture">It.</param>
/// <param name="Latents">Its latents at the end.</param>
/// <param name="Recorded">What the network predicted.</param>
internal sealed record Painted(Image Picture, float[] Latents, RecordedRun Recorded)
{
    // Pictures that are equal.
    private const double MostPsnr = 100;

    /// <summary>PSNR against another.</summary>
    public double Likeness(Painted exact) => Math.Min(MostPsnr, ImageMetrics.Psnr(exact.Picture, Picture));

    /// <summary>The mean square of what the latents are off.</summary>
    public double Apart(Painted exact) => Latents.Zip(exact.Latents, (x, y) => ((double)x - y) * ((double)x - y)).Average();
}
