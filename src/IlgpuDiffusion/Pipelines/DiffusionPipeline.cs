using System.Runtime.CompilerServices;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion;

/// <summary>
/// A model that turns prompts into pictures. Thread-safe: requests queue on the device's lane and run in order. It owns the device that it starts; one of <see cref="PipelineOptions.Host"/>
/// it shares with other pipelines and leaves to its owner.
/// </summary>
/// <example>
/// <code>
/// await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync("stable-diffusion-v1-5");
/// GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest { Prompt = "a lighthouse", Seed = 7, Steps = 20 });
/// result.Images[0].Save("lighthouse.png");
/// </code>
/// </example>
public sealed class DiffusionPipeline : IDiffusionPipeline
{
    private const string FrontierKind = "quality";

    private readonly ModelParts _parts;
    private readonly DeviceHost _host;
    private readonly bool _ownsHost;
    private readonly ModelComponents _model;
    private readonly Generator _generator;
    private readonly Lock _closing = new();
    private readonly BudgetPlanner _budgets;
    private readonly Lazy<string> _fingerprint;
    private volatile Frontier? _frontier;
    private readonly CancellationTokenSource _stop = new();
    private readonly IProgress<LoadProgress>? _loading;
    private Action<long, long>? _copying;
    private Task? _closed;

    private DiffusionPipeline(ModelParts parts, DeviceHost host, PipelineOptions options)
    {
        (_parts, _host, _ownsHost) = (parts, host, host != options.Host);
        Type = StorageType.Of(options.Type, host.Device, parts.NetworkWeights);
        _loading = options.Loading;
        _model = new ModelComponents(parts, new ComponentRunner(host.Device, host.Lane, host.Residency, options.WithoutPasses, Type) { Copying = Copying }, options.LoraFolder, options.EmbeddingFolder);
        _generator = new Generator(_model);
        Defaults = FamilyDefaults.Of(parts);
        _budgets = new BudgetPlanner(_model, host.Costs, Resolve, _generator.Choose);
        _fingerprint = new Lazy<string>(() => WeightFingerprint.Of([parts.NetworkWeights, parts.VaeWeights, .. parts.TextWeights]));
    }

    /// <summary>The model's name: its folder's or file's.</summary>
    public string ModelName => _parts.Name;

    /// <summary>The device that it runs on.</summary>
    public string DeviceName => _host.Device.Name;

    /// <summary>The type in which activations are stored; parts that it would overflow take F32.</summary>
    public ElementType Type { get; }

    /// <summary>What a request that says nothing gets.</summary>
    public FamilyDefaults Defaults { get; }

    /// <inheritdoc/>
    public int Pending => _host.Lane.Pending;

    internal Generator Generator => _generator;

    internal ModelComponents Model => _model;

    internal Device Device => _host.Device;

    internal CostModel Costs => _host.Costs;

    /// <summary>Opens a diffusers folder or a single .safetensors file and checks it against its configurations: headers only, no weight is read.</summary>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported; the message names it and says what to do.</exception>
    /// <exception cref="RequestException">The device does not store activations in the type asked for.</exception>
    public static DiffusionPipeline Open(string path, PipelineOptions? options = null)
    {
        options ??= new PipelineOptions();
        return Open(path, options, options.StartDevice);
    }

    /// <summary>Opens on a device of the caller's.</summary>
    internal static DiffusionPipeline Open(string path, PipelineOptions options, Func<Device> device)
    {
        ModelParts parts = ModelParts.Open(path, options.Weights);
        DeviceHost? made = null;
        try
        {
            return new DiffusionPipeline(parts, options.Host ?? (made = new DeviceHost(device(), options.WeightBudget) { CacheFolder = options.CacheFolder }), options);
        }
        catch
        {
            made?.Dispose();
            parts.Dispose();
            throw;
        }
    }

    /// <summary>Opens a diffusers folder or a single .safetensors file and prepares its weights, so that the first request finds them ready.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="options">How it is opened.</param>
    /// <param name="progress">Is told of components that are ready.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported; the message names it and says what to do.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little memory for the weights.</exception>
    public static async Task<DiffusionPipeline> LoadAsync(string path, PipelineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Task rehearsal = Rehearsal.Begin();
        DiffusionPipeline pipeline = await Task.Run(() => Open(path, options), cancellationToken).ConfigureAwait(false);
        try
        {
            await pipeline.PrepareAsync(progress, cancellationToken).ConfigureAwait(false);

            // Whatever befell the rehearsal, the model is ready.
            await rehearsal.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            return pipeline;
        }
        catch
        {
            await pipeline.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task PrepareAsync(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ResolvedRequest usual = Usual();
        IReadOnlyList<ComponentUse> uses = usual.Uses(_model);
        await OnLaneUntilStopped(_ => { _generator.RequireWeights(usual); return true; }, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < uses.Count; i++)
        {
            ComponentUse use = uses[i];
            int ready = i;
            long bytes = await OnLaneUntilStopped(
                token =>
                {
                    long copied = 0;
                    _copying = (done, all) =>
                    {
                        copied = all;
                        progress?.Report(new LoadProgress(use.Name, ready, uses.Count, done, all));
                    };
                    try
                    {
                        use.Load(token);
                        return copied;
                    }
                    finally
                    {
                        _copying = null;
                    }
                },
                cancellationToken).ConfigureAwait(false);
            progress?.Report(new LoadProgress(use.Name, i + 1, uses.Count, bytes, bytes));
        }
    }

    /// <summary>Checks a request and fills in its defaults, once for explaining and running it; no weight is read.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public PlannedRequest Plan(GenerationRequest request)
    {
        ThrowIfDisposed();
        return new PlannedRequest(this, Resolve(request));
    }

    /// <inheritdoc/>
    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Plan(request).GenerateAsync(progress, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (GenerationEvent e in Plan(request).StreamAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return e;
        }
    }

    /// <summary>What a request would run, and the memory it would take; no weight is read.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public Explanation Explain(GenerationRequest request) => Plan(request).Explain();

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
    /// Measures this model for budgets (<see cref="GenerationRequest.Budget"/>): what its kernels take on this device, and how far its pictures are from exact ones when less is computed. It paints some ten
    /// times what the request alone would be, for each picture. What is found is kept under the weights' fingerprint (<see cref="PipelineOptions.CacheFolder"/>), and this pipeline uses it from now on.
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
        Calibrator calibrator = new(_generator, Resolve);
        Frontier frontier = await OnLaneUntilStopped(token => calibrator.Measure(requests, ModelName, (done, all) => progress?.Report(new CalibrationProgress("pictures", done, all)), token), cancellationToken).ConfigureAwait(false);
        _host.Cache.Write(FrontierKind, FrontierKey, frontier, FrontierJson.Default.Frontier);
        _frontier = frontier;
    }

    /// <summary>Takes no more requests, finishes what is queued, then frees everything; <see cref="DisposeAsync"/> meanwhile cancels what is left.</summary>
    public Task FinishAsync() => Close(finish: true);

    /// <summary>Cancels what runs and waits, then frees everything. Further calls wait for the same end.</summary>
    public ValueTask DisposeAsync() => new(Close(finish: false));

    /// <summary>As <see cref="DisposeAsync"/>; holds the caller's thread until the device has stopped.</summary>
    public void Dispose()
    {
        Task closed = Close(finish: false);

        // The lane's own thread, in a listener of progress, cannot wait for itself.
        if (!_host.Lane.IsCurrent)
        {
            closed.GetAwaiter().GetResult();
        }
    }

    internal Task<GenerationResult> Enqueue(ResolvedRequest request, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        return OnLaneUntilStopped(
            token =>
            {
                GenerationTimes expected = Explain(request).Expected;
                return _generator.Generate(request, report, token) with { Expected = expected };
            },
            cancellation);
    }

    internal Explanation Explain(ResolvedRequest request) => new(_generator.Choose(request), _model, Type, Costs);

    internal Task<T> OnLane<T>(Func<T> work, CancellationToken cancellation = default) => _host.Lane.Enqueue(work, cancellation);

    internal ResolvedRequest Resolve(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Budget is null ? ResolvedRequest.Resolve(request, _model, Defaults) : _budgets.Resolve(request, Frontier);
    }

    // What was measured of this model, or what ships.
    private Frontier Frontier => _frontier ??= _host.Cache.Read(FrontierKind, FrontierKey, FrontierJson.Default.Frontier) is { } kept ? kept with { IsCalibrated = true } : Frontier.Default;

    private string FrontierKey => $"{_fingerprint.Value} {UserCache.Version}";

    // A model whose own sampler cannot be followed paints with any other: it is prepared with one that has no settings in the model's files.
    private ResolvedRequest Usual()
    {
        GenerationRequest request = Defaults.Request(_parts);
        try
        {
            return Resolve(request);
        }
        catch (ModelFileException)
        {
            return Resolve(request with { Sampler = "euler_ancestral" });
        }
    }

    // On the lane's thread: loading beforehand has its own listener and count of components, a request brings in one after the other.
    private void Copying(string component, long done, long all)
    {
        _loading?.Report(new LoadProgress(component, done == all ? 1 : 0, 1, done, all));
        _copying?.Invoke(done, all);
    }

    // Work that ends when it is cancelled, or when the pipeline or its device is disposed of.
    private async Task<T> OnLaneUntilStopped<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token, _host.Stopping);
        try
        {
            return await _host.Lane.Enqueue(() => work(any.Token), any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (any.IsCancellationRequested)
        {
            throw cancellation.IsCancellationRequested
                ? new OperationCanceledException(e.Message, e, cancellation)
                : new OperationCanceledException($"'{ModelName}' was disposed of before this was done.", e);
        }
    }

    private Task Close(bool finish)
    {
        Task closed;
        lock (_closing)
        {
            closed = _closed ??= Task.Run(CloseAsync);
        }

        if (!finish && !closed.IsCompleted)
        {
            _stop.Cancel();
        }

        return closed;
    }

    private async Task CloseAsync()
    {
        try
        {
            // After what is queued; what other pipelines have there stays.
            await _host.Lane.Enqueue(() => { _model.Dispose(); return true; }).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The device went first, and everything on it.
        }

        if (_ownsHost)
        {
            _host.Dispose();
        }

        _model.Adapters.Dispose();
        _parts.Dispose();
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) is not null, this);
}
