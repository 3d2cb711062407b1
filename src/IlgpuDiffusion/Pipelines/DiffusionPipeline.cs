using System.Runtime.CompilerServices;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
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
public sealed partial class DiffusionPipeline : IDiffusionPipeline
{
    private readonly ModelParts _parts;
    private readonly DeviceHost _host;
    private readonly bool _ownsHost;
    private readonly ModelComponents _model;
    private readonly Generator _generator;
    private readonly BudgetPlanner _budgets;
    private readonly IProgress<LoadProgress>? _loading;
    private Action<long, long>? _copying;

    private DiffusionPipeline(ModelParts parts, DeviceHost host, PipelineOptions options)
    {
        (_parts, _host, _ownsHost) = (parts, host, host != options.Host);
        Type = StorageType.Of(options.Type, host.Device, parts.NetworkWeights);
        _loading = options.Loading;
        _model = new ModelComponents(parts, new ComponentRunner(host.Device, host.Lane, host.Residency, options.WithoutPasses, Type) { Copying = Copying }, options.LoraFolder, options.EmbeddingFolder, options.Variant);
        _generator = new Generator(_model, options.Offload);
        Defaults = FamilyDefaults.Of(parts);
        _budgets = new BudgetPlanner(_model, host.Costs, Resolve, _generator.Choose);
        _frontiers = new KnownFrontiers(parts, () => host.Cache);
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

        // Where one component is held at a time, a request brings in each when it runs.
        bool stay = await OnLaneUntilStopped(_ => _generator.HoldsWeights(usual), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ComponentUse> uses = stay ? usual.Uses(_model) : [];
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

    /// <summary>Checks a request and fills in its defaults, once for explaining and running it, from shapes: of the weights nothing is read but their ends, by which a calibration is known.</summary>
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

    /// <summary>What a request would run, and the memory it would take, from shapes: of the weights nothing is read but their ends, by which a calibration is known.</summary>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public Explanation Explain(GenerationRequest request) => Plan(request).Explain();

    internal Task<GenerationResult> Enqueue(ResolvedRequest request, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        return OnLaneUntilStopped(
            token =>
            {
                Explanation expected = Explain(request);
                RunPace pace = new(request, expected.Components);
                GenerationResult result = _generator.Generate(request, report, token, new DenoiseHooks(StepTook: pace.StepTook)) with { Expected = expected.Expected };
                if (pace.Ratio is { } ratio)
                {
                    Costs.Learn(ratio);
                }

                return result;
            },
            cancellation);
    }

    internal Explanation Explain(ResolvedRequest request) => new(_generator.Choose(request), () => _generator.Choose(Resolve(request.Request with { Policy = null, Budget = null, Seed = request.Seed })), _model, Type, Costs, () => _frontiers.For(request));

    internal Task<T> OnLane<T>(Func<T> work, CancellationToken cancellation = default) => _host.Lane.Enqueue(work, cancellation);

    internal ResolvedRequest Resolve(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Budget is null ? ResolvedRequest.Resolve(request, _model, Defaults) : _budgets.Resolve(request, _frontiers.For);
    }

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
}
