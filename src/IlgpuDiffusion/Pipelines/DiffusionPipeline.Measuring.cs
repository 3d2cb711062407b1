using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion;

// What is measured of a model on a device, for expected times and budgets.
public sealed partial class DiffusionPipeline
{
    // The part of a calibration's time after which no more kernels are timed, and what the least is said to take over what it is expected to.
    private const double OfKernels = 0.25, Spare = 1.1;

    private readonly KnownFrontiers _frontiers;

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
        return MeasureKernelsAsync(request, limit, progress, cancellationToken);
    }

    /// <summary>
    /// Measures this model for budgets (<see cref="GenerationRequest.Budget"/>): what its kernels take on this device, and how far its pictures are from exact ones when less is computed. What is found is kept under
    /// the fingerprint of the weights and of the request's adapters (<see cref="PipelineOptions.CacheFolder"/>), beside the sampler, steps, size and guidance it was measured with, and this pipeline uses it from now on.
    /// </summary>
    /// <param name="request">Size, steps, sampler and guidance to measure with; its prompt, or those of the options.</param>
    /// <param name="options">For how long.</param>
    /// <param name="progress">Is told of what is measured.</param>
    /// <param name="cancellationToken">Observed within pictures. What was measured until then is kept if it is of use and nothing was known with the same settings.</param>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model, or the time is too short for the least that is of use; the message names how much that takes.</exception>
    /// <exception cref="IOException">What is measured could not be kept; nothing was measured.</exception>
    public async Task CalibrateAsync(GenerationRequest request, CalibrationOptions? options = null, IProgress<CalibrationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        options ??= new CalibrationOptions();
        ThrowIfDisposed();
        _host.Cache.CheckWritable();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        request = request with { Policy = null, Budget = null, BatchCount = 1 };
        bool known = await MeasureKernelsAsync(request, options.Time == Timeout.InfiniteTimeSpan ? null : options.Time * OfKernels, progress, cancellationToken).ConfigureAwait(false);
        AdapterSet adapters = Resolve(request).Adapters;
        TimeSpan left = options.Time == Timeout.InfiniteTimeSpan ? options.Time : options.Time - System.Diagnostics.Stopwatch.GetElapsedTime(start);
        Frontier frontier = await MeasureLikenessAsync(request, options with { Time = left }, _model.Parts.Family.Uncalibrated, progress, known ? 0 : OfKernels, part => _frontiers.Keep(adapters, part, replace: false), cancellationToken).ConfigureAwait(false);
        _frontiers.Keep(adapters, frontier, replace: true);
    }

    // Whether all kernels are known at the end.
    private Task<bool> MeasureKernelsAsync(GenerationRequest request, TimeSpan? limit, IProgress<CalibrationProgress>? progress, CancellationToken cancellationToken)
    {
        // What a budget chooses is made of the same kernels, as a rule: those of the exact request.
        ResolvedRequest resolved = Resolve(request with { Budget = null });
        return OnLaneUntilStopped(
            token =>
            {
                IEnumerable<ProgramReport> programs = _generator.Choose(resolved).Uses(_model).SelectMany(use => use.Parts).SelectMany(part => part.Executable.Programs);
                bool known = Costs.Measure(programs, limit ?? TimeSpan.MaxValue, (done, all) => progress?.Report(new CalibrationProgress("kernels", done, all)), token);

                // A whole evaluation says something of what was timed alone, not of guesses.
                if (known)
                {
                    (double seconds, int variant) = _generator.TimeEvaluation(resolved, token);
                    ProgramCost cost = Costs.Of(_model.Denoiser.Executable(resolved.Key)).Single(cost => cost.Variant == variant);
                    Costs.Correct(seconds / RunCosts.At(cost, resolved.Plan, 0).Seconds);
                }

                return known;
            },
            cancellationToken);
    }

    /// <summary>The second part of calibrating, by times of kernels that are known or guessed; nothing is kept.</summary>
    /// <param name="request">An exact request.</param>
    /// <param name="options">For how long.</param>
    /// <param name="known">What is known of models like this one.</param>
    /// <param name="progress">Is told of pictures.</param>
    /// <param name="kernels">The part of a calibration's time that would go to kernels if it were begun again.</param>
    /// <param name="stopped">Is given what was measured until it was cancelled, if that is of use.</param>
    /// <param name="cancellationToken">Observed within pictures.</param>
    internal async Task<Frontier> MeasureLikenessAsync(GenerationRequest request, CalibrationOptions options, Frontier known, IProgress<CalibrationProgress>? progress, double kernels, Action<Frontier> stopped, CancellationToken cancellationToken)
    {
        double one = Explain(request).Expected.Total.TotalSeconds;
        double worth = options.Time == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : options.Time.TotalSeconds / one;
        ResolvedRequest exact = Resolve(request);
        CalibrationConditions conditions = exact.Conditions(_model.Parts);
        if (worth < CalibrationPlan.Least)
        {
            double minutes = Math.Ceiling(CalibrationPlan.Least * one * Spare / (1 - kernels) / 6) / 10;
            throw new RequestException(FormattableString.Invariant(
                $"There is too little time to calibrate: an exact picture {conditions.Text} takes about {one:0.#} s here, and the least that is of use about {minutes:0.0} minutes. Give it as much (--minutes {minutes:0.0}, CalibrationOptions.Time) or more, or measure with a smaller picture or fewer steps: with what likeness was measured is said beside it."));
        }

        GenerationRequest[] requests = [.. Enumerable.Range(0, Math.Max(1, options.Pictures)).Select(i => request with
        {
            Prompt = request.Prompt.Length > 0 || options.Prompts.Count == 0 ? request.Prompt : options.Prompts[i % options.Prompts.Count],
            Seed = (request.Seed ?? 0) + (ulong)i,
        })];
        return await OnLaneUntilStopped(
            token =>
            {
                VariantCosts costs = new(_model, Costs);
                CalibrationPainter painter = new(_generator, Resolve, costs.Seconds, request => ExpectedTimes.BesideLoop(_generator.Choose(request).Uses(_model), Costs), requests, token);
                Calibrator calibrator = new(painter, new CalibrationClock(one, options.Time, value => progress?.Report(value), TimeProvider.System), CalibrationPlan.Of(worth, requests.Length, _budgets.TakesFewerOnly(exact)));
                Frontier Found() => new(ModelName, calibrator.Pictures, calibrator.Found!) { Conditions = conditions };
                try
                {
                    calibrator.Measure(known, token);
                }
                catch (OperationCanceledException) when (calibrator.Found is not null)
                {
                    stopped(Found());
                    throw;
                }

                return Found();
            },
            cancellationToken).ConfigureAwait(false);
    }
}
