using System.Collections.Concurrent;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion;

// What is measured of a model on a device, for expected times and budgets.
public sealed partial class DiffusionPipeline
{
    private const string FrontierKind = "quality";

    private readonly ModelFingerprint _fingerprint;
    private readonly ConcurrentDictionary<string, Frontier> _frontiers = new(StringComparer.Ordinal);

    // What was measured of this model with the request's adapters; else of the model alone; else what ships for its family, or for the model that ships. Where nothing was measured of any, no model's
    // weights are looked at but those of one that is as large as what ships.
    private Frontier FrontierOf(ResolvedRequest request) => _host.Cache.Holds(FrontierKind) || MayShip
        ? _frontiers.GetOrAdd(_fingerprint.Of(request.Adapters), key =>
        {
            string plain = _fingerprint.Of(AdapterSet.None);
            return Kept(key) is { } own ? own with { IsCalibrated = true, MeasuredWith = "this model" }
                : Kept(plain) is { } alone ? alone with { MeasuredWith = "this model without its adapters; 'calibrate' with them measures it" }
                : Frontier.OfUNets.Fingerprint == plain ? Frontier.OfUNets with { MeasuredWith = "papercut as it ships, at 256x256 in 20 steps; 'calibrate' measures other settings" }
                : _model.Parts.Family.Uncalibrated;
        })
        : _model.Parts.Family.Uncalibrated;

    private bool MayShip => _model.Parts.NetworkWeights.Tensors.Sum(tensor => tensor.Bytes) == Frontier.OfUNets.NetworkBytes;

    private Frontier? Kept(string fingerprint) => _host.Cache.Read(FrontierKind, FrontierKey(fingerprint), () => FrontierJson.Default.Frontier);

    private static string FrontierKey(string fingerprint) => $"{fingerprint} {UserCache.Version}";

    /// <summary>
    /// Times what a request would launch on this device, each kernel by itself with numbers of no meaning, and an evaluation as a whole, so that <see cref="Explanation.Expected"/> is no guess; seconds for most requests. What was timed is kept
    /// for later (<see cref="PipelineOptions.CacheFolder"/>), and serves other requests too.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">After which time nothing more is begun; null times everything.</param>
    /// <param name="progress">Is told of the kernels that are timed, and of all that are to be.</param>
    /// <param name="cancellationToken">Observed between kernels; what was timed is kept.</param>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public Task MeasureAsync(GenerationRequest request, TimeSpan? limit = null, IProgress<CalibrationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(request);

        // What a budget chooses is made of the same kernels, as a rule: those of the exact request.
        ResolvedRequest resolved = Resolve(request with { Budget = null });
        return OnLaneUntilStopped(
            token =>
            {
                Costs.Measure(_generator.Choose(resolved).Uses(_model).SelectMany(use => use.Parts).SelectMany(part => part.Executable.Programs), limit ?? TimeSpan.MaxValue, (done, all) => progress?.Report(new CalibrationProgress("kernels", done, all)), token);
                (double seconds, int variant) = _generator.TimeEvaluation(resolved, token);
                Costs.Correct(Costs.Of(_model.Denoiser.Executable(resolved.Key)).Single(cost => cost.Variant == variant), seconds);
                return true;
            },
            cancellationToken);
    }

    /// <summary>
    /// Measures this model for budgets (<see cref="GenerationRequest.Budget"/>): what its kernels take on this device, and how far its pictures are from exact ones when less is computed. It paints some sixty
    /// times what the request alone would be, for each picture. What is found is kept under the fingerprint of the weights and of the request's adapters (<see cref="PipelineOptions.CacheFolder"/>), and this pipeline uses it from now on.
    /// </summary>
    /// <param name="request">Size, steps, sampler and guidance to measure with; its prompt, or those of the options.</param>
    /// <param name="options">For how long.</param>
    /// <param name="progress">Is told of what is measured.</param>
    /// <param name="cancellationToken">Nothing is kept of a calibration that was cancelled.</param>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public async Task CalibrateAsync(GenerationRequest request, CalibrationOptions? options = null, IProgress<CalibrationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        options ??= new CalibrationOptions();
        request = request with { Policy = null, Budget = null, BatchCount = 1 };
        await MeasureAsync(request, progress: progress, cancellationToken: cancellationToken).ConfigureAwait(false);
        double one = Explain(request).Expected.Total.TotalSeconds;
        int pictures = Math.Clamp((int)(options.Time.TotalSeconds / (Calibrator.Worth * one)), 1, Math.Max(1, options.Pictures));
        GenerationRequest[] requests = [.. Enumerable.Range(0, pictures).Select(i => request with
        {
            Prompt = request.Prompt.Length > 0 || options.Prompts.Count == 0 ? request.Prompt : options.Prompts[i % options.Prompts.Count],
            Seed = (request.Seed ?? 0) + (ulong)i,
        })];
        VariantCosts costs = new(_model, Costs);
        Calibrator calibrator = new(_generator, Resolve, costs.Seconds, exact => ExpectedTimes.BesideLoop(_generator.Choose(exact).Uses(_model), Costs));
        string fingerprint = _fingerprint.Of(Resolve(requests[0]).Adapters);
        Frontier frontier = await OnLaneUntilStopped(token => calibrator.Measure(requests, ModelName, (done, all) => progress?.Report(new CalibrationProgress("pictures", done, all)), token), cancellationToken).ConfigureAwait(false);
        _host.Cache.Write(FrontierKind, FrontierKey(fingerprint), frontier, FrontierJson.Default.Frontier);
        _frontiers.Clear();
    }
}
