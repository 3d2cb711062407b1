using System.Runtime.CompilerServices;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion;

/// <summary>A model that turns prompts into pictures. Thread-safe: requests queue on the device's lane and run in order.</summary>
public sealed class DiffusionPipeline : IAsyncDisposable
{
    private readonly ModelParts _parts;
    private readonly DeviceHost _host;
    private readonly bool _ownsHost;
    private readonly ModelComponents _model;
    private readonly Generator _generator;
    private readonly Lock _closing = new();
    private readonly IProgress<LoadProgress>? _loading;
    private Action<long, long>? _copying;
    private Task? _closed;

    private DiffusionPipeline(ModelParts parts, DeviceHost host, PipelineOptions options)
    {
        (_parts, _host, _ownsHost) = (parts, host, host != options.Host);
        Type = StorageType.Of(options.Type, host.Device, parts.NetworkWeights);
        _loading = options.Loading;
        _model = new ModelComponents(parts, new ComponentRunner(host.Device, host.Lane, host.Residency, options.WithoutPasses, Type) { Copying = Copying }, options.LoraFolder);
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
    public static async Task<DiffusionPipeline> LoadAsync(string path, PipelineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default)
    {
        Task rehearsal = Rehearsal.Begin();
        DiffusionPipeline pipeline = await Task.Run(() => Open(path, options), cancellation).ConfigureAwait(false);
        try
        {
            await pipeline.PrepareAsync(progress, cancellation).ConfigureAwait(false);

            // Whatever befell the rehearsal, the model is ready.
            await rehearsal.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            return pipeline;
        }
        catch
        {
            await pipeline.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Checks a request and fills in its defaults, once for explaining and running it; no weight is read.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public PlannedRequest Plan(GenerationRequest request)
    {
        ThrowIfDisposed();
        return new PlannedRequest(this, Resolve(request));
    }

    /// <summary>Makes the pictures of a request.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model; nothing was run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the pipeline stays usable.</exception>
    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default) =>
        Plan(request).GenerateAsync(progress, cancellation);

    /// <summary>Makes the pictures of a request and tells what happens on the way. Leaving the loop cancels the request.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model; nothing was run.</exception>
    public async IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (GenerationEvent e in Plan(request).StreamAsync(cancellation).ConfigureAwait(false))
        {
            yield return e;
        }
    }

    /// <summary>What a request would run, and the memory it would take; no weight is read.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public Explanation Explain(GenerationRequest request) => Plan(request).Explain();

    /// <summary>Finishes what is queued, then frees everything. Further calls wait for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_closing)
        {
            return new ValueTask(_closed ??= Task.Run(Close));
        }
    }

    internal Task<GenerationResult> Enqueue(ResolvedRequest request, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        return _host.Lane.Enqueue(() => _generator.Generate(request, report, cancellation), cancellation);
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

    private async Task PrepareAsync(IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        ResolvedRequest usual = Usual();
        IReadOnlyList<ComponentUse> uses = usual.Uses(_model);
        await _host.Lane.Enqueue(() => { _generator.RequireWeights(usual); return true; }, cancellation).ConfigureAwait(false);
        for (int i = 0; i < uses.Count; i++)
        {
            ComponentUse use = uses[i];
            int ready = i;
            long bytes = await _host.Lane.Enqueue(
                () =>
                {
                    long copied = 0;
                    _copying = (done, all) =>
                    {
                        copied = all;
                        progress?.Report(new LoadProgress(use.Name, ready, uses.Count, done, all));
                    };
                    try
                    {
                        use.Load(cancellation);
                        return copied;
                    }
                    finally
                    {
                        _copying = null;
                    }
                },
                cancellation).ConfigureAwait(false);
            progress?.Report(new LoadProgress(use.Name, i + 1, uses.Count, bytes, bytes));
        }
    }

    // On the lane's thread: loading beforehand has its own listener and count of components, a request brings in one after the other.
    private void Copying(string component, long done, long all)
    {
        _loading?.Report(new LoadProgress(component, done == all ? 1 : 0, 1, done, all));
        _copying?.Invoke(done, all);
    }

    private async Task Close()
    {
        if (_ownsHost)
        {
            _host.Dispose();
        }
        else
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
        }

        _model.Adapters.Dispose();
        _parts.Dispose();
    }

    internal int Pending => _host.Lane.Pending;

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) is not null, this);
}
