using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion;

/// <summary>A model that turns prompts into pictures. Thread-safe: requests queue on the device's lane and run in order.</summary>
public sealed class DiffusionPipeline : IAsyncDisposable
{
    private readonly ModelParts _parts;
    private readonly Device _device;
    private readonly Lane _lane;
    private readonly Residency _residency;
    private readonly TextEncoder _text;
    private readonly Denoiser _denoiser;
    private readonly LatentCodec _codec;
    private readonly Generator _generator;
    private readonly Lock _closing = new();
    private readonly IProgress<LoadProgress>? _loading;
    private Action<long, long>? _copying;
    private Task? _closed;

    private DiffusionPipeline(ModelParts parts, Device device, PipelineOptions options)
    {
        (_parts, _device) = (parts, device);
        Type = StorageType.Of(options.Type, device, parts.UNetWeights);
        (_lane, _residency) = (new Lane(device), new Residency(device));
        _loading = options.Loading;
        ComponentRunner runner = new(device, _lane, _residency, options.WithoutPasses, Type) { Copying = Copying };
        _text = new TextEncoder(parts.Clip, parts.TextWeights, runner);
        _denoiser = new Denoiser(parts.UNet, parts.Vae.Config.LatentChannels, parts.UNetWeights, runner);
        _codec = new LatentCodec(parts.Vae, parts.VaeWeights, parts.Family.VaeTypes.Contains(Type) ? runner : runner with { Type = ElementType.F32 });
        _generator = new Generator(parts, runner, _text, _denoiser, _codec);
        Defaults = FamilyDefaults.Of(parts);
    }

    /// <summary>The model's name: its folder's.</summary>
    public string ModelName => _parts.Name;

    /// <summary>The device that it runs on.</summary>
    public string DeviceName => _device.Name;

    /// <summary>The type in which activations are stored; parts that it would overflow take F32.</summary>
    public ElementType Type { get; }

    /// <summary>What a request that says nothing gets.</summary>
    public FamilyDefaults Defaults { get; }

    internal Generator Generator => _generator;

    internal TextEncoder Text => _text;

    internal Denoiser Denoiser => _denoiser;

    internal Device Device => _device;

    internal LatentCodec Codec => _codec;

    internal ModelParts Parts => _parts;

    /// <summary>Opens a diffusers folder and checks it against its configurations: headers only, no weight is read.</summary>
    /// <exception cref="Weights.ModelFileException">A file is missing, damaged or not supported; the message names it and says what to do.</exception>
    /// <exception cref="RequestException">The device does not store activations in the type asked for.</exception>
    public static DiffusionPipeline Open(string path, PipelineOptions? options = null)
    {
        options ??= new PipelineOptions();
        return Open(path, options, options.StartDevice);
    }

    /// <summary>Opens on a device of the caller's.</summary>
    internal static DiffusionPipeline Open(string path, PipelineOptions options, Func<Device> device)
    {
        ModelParts parts = ModelParts.Open(path, options);
        Device? made = null;
        try
        {
            made = device();
            return new DiffusionPipeline(parts, made, options);
        }
        catch
        {
            made?.Dispose();
            parts.Dispose();
            throw;
        }
    }

    /// <summary>Opens a diffusers folder and prepares its weights, so that the first request finds them ready.</summary>
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

    /// <summary>Makes the pictures of a request.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model; nothing was run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the pipeline stays usable.</exception>
    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default) =>
        Enqueue(request, progress is null ? null : e => Report(progress, e), cancellation);

    /// <summary>Makes the pictures of a request and tells what happens on the way, on the thread that does it.</summary>
    internal Task<GenerationResult> GenerateAsync(GenerationRequest request, Action<GenerationEvent> report, CancellationToken cancellation) => Enqueue(request, report, cancellation);

    /// <summary>Makes the pictures of a request and tells what happens on the way. Leaving the loop cancels the request.</summary>
    public async IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        Channel<GenerationEvent> events = Channel.CreateUnbounded<GenerationEvent>(new UnboundedChannelOptions { SingleReader = true });
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        events.Writer.TryWrite(new QueuedEvent(_lane.Pending));
        Task<GenerationResult> work = Enqueue(request, e => events.Writer.TryWrite(e), left.Token);
        Task closing = work.ContinueWith(done => events.Writer.TryComplete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (GenerationEvent e in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return e;
            }

            await work.ConfigureAwait(false);
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
            await closing.ConfigureAwait(false);
        }
    }

    /// <summary>What a request would run, and the memory it would take; no weight is read.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public Explanation Explain(GenerationRequest request)
    {
        ThrowIfDisposed();
        ResolvedRequest resolved = ResolvedRequest.Resolve(request, _parts, Defaults, _denoiser.Survey);
        return new Explanation(resolved, Type, _generator.Components(resolved));
    }

    /// <summary>Finishes what is queued, then frees everything. Further calls wait for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_closing)
        {
            return new ValueTask(_closed ??= Task.Run(Close));
        }
    }

    internal Task<T> OnLane<T>(Func<T> work, CancellationToken cancellation = default) => _lane.Enqueue(work, cancellation);

    internal ResolvedRequest Resolve(GenerationRequest request) => ResolvedRequest.Resolve(request, _parts, Defaults, _denoiser.Survey);

    // A model whose own sampler cannot be followed paints with any other: it is prepared with one that has no settings in the model's files.
    private ResolvedRequest Usual()
    {
        GenerationRequest request = Defaults.Request(_parts);
        try
        {
            return Resolve(request);
        }
        catch (Weights.ModelFileException)
        {
            return Resolve(request with { Sampler = "euler_ancestral" });
        }
    }

    private async Task PrepareAsync(IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        ResolvedRequest usual = Usual();
        (string Name, Action Load)[] components =
        [
            ("text encoder", () => _text.Load(cancellation)),
            ("denoiser", () => _denoiser.Load(usual.Key, cancellation)),
            ("decoder", () => _codec.Load(usual.Key.Height, usual.Key.Width, cancellation)),
        ];
        await _lane.Enqueue(() => { _generator.RequireWeights(usual); return true; }, cancellation).ConfigureAwait(false);
        for (int i = 0; i < components.Length; i++)
        {
            (string name, Action load) = components[i];
            int ready = i;
            long bytes = await _lane.Enqueue(
                () =>
                {
                    long copied = 0;
                    _copying = (done, all) =>
                    {
                        copied = all;
                        progress?.Report(new LoadProgress(name, ready, components.Length, done, all));
                    };
                    try
                    {
                        load();
                        return copied;
                    }
                    finally
                    {
                        _copying = null;
                    }
                },
                cancellation).ConfigureAwait(false);
            progress?.Report(new LoadProgress(name, i + 1, components.Length, bytes, bytes));
        }
    }

    // On the lane's thread: loading beforehand has its own listener and count of components, a request brings in one after the other.
    private void Copying(string component, long done, long all)
    {
        _loading?.Report(new LoadProgress(component, done == all ? 1 : 0, 1, done, all));
        _copying?.Invoke(done, all);
    }

    private void Close()
    {
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
        _parts.Dispose();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) is not null, this);

    private Task<GenerationResult> Enqueue(GenerationRequest request, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        ResolvedRequest resolved = ResolvedRequest.Resolve(request, _parts, Defaults, _denoiser.Survey);
        return _lane.Enqueue(() => _generator.Generate(resolved, report, cancellation), cancellation);
    }

    private static void Report(IProgress<GenerationProgress> progress, GenerationEvent e)
    {
        if (e is StepEvent step)
        {
            progress.Report(step.Progress);
        }
    }
}
