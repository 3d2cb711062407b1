using System.Runtime.CompilerServices;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
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
    private readonly ModelParts _parts;
    private readonly DeviceHost _host;
    private readonly bool _ownsHost;
    private readonly ModelComponents _model;
    private readonly Generator _generator;
    private readonly Lock _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IProgress<LoadProgress>? _loading;
    private Action<long, long>? _copying;
    private Task? _closed;

    private DiffusionPipeline(ModelParts parts, DeviceHost host, PipelineOptions options)
    {
        (_parts, _host, _ownsHost) = (parts, host, host != options.Host);
        Type = StorageType.Of(options.Type, host.Device, parts.NetworkWeights);
        _loading = options.Loading;
        _model = new ModelComponents(parts, new ComponentRunner(host.Device, host.Lane, host.Residency, options.WithoutPasses, Type) { Copying = Copying });
        _generator = new Generator(_model);
        Defaults = FamilyDefaults.Of(parts);
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
            return new DiffusionPipeline(parts, options.Host ?? (made = new DeviceHost(device(), options.WeightBudget)), options);
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
        return OnLaneUntilStopped(token => _generator.Generate(request, report, token), cancellation);
    }

    internal Task<T> OnLane<T>(Func<T> work, CancellationToken cancellation = default) => _host.Lane.Enqueue(work, cancellation);

    internal ResolvedRequest Resolve(GenerationRequest request) => ResolvedRequest.Resolve(request, _model, Defaults);

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

        _parts.Dispose();
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) is not null, this);
}
