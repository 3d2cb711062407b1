using System.Diagnostics;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>How to build a network: which component, the graph's inputs and result, the data of the inputs.</summary>
/// <param name="Component">Its folder in a diffusers folder.</param>
/// <param name="Build">Adds inputs and network to the graph.</param>
/// <param name="Fill">Sets the inputs that change with every evaluation.</param>
internal sealed record NetworkRecipe(string Component, Func<ModelBuilder, ComponentConfig, Value> Build, Action<Run, Random> Fill);

/// <summary>A network on the CPU device, as the pipeline runs it.</summary>
internal sealed class ProductNetwork : IDisposable
{
    private readonly WeightStore _weights;
    private readonly CpuDevice _device;
    private readonly Lane _lane;
    private readonly Residency _residency;
    private readonly Run _run;
    private readonly NetworkRecipe _recipe;

    private ProductNetwork(NetworkRecipe recipe, WeightStore weights, ComponentConfig config, int threads, IReadOnlyCollection<string>? without = null)
    {
        (_recipe, _weights) = (recipe, weights);
        _device = new CpuDevice(new CpuDeviceOptions { Threads = threads });
        (_lane, _residency) = (new Lane(_device), new Residency(_device));
        Value result = recipe.Build(new ModelBuilder(new Graph(), _weights), config);
        Executable = Executable.Compile([new Variant(result)], _device, new CompileOptions { WithoutPasses = without ?? [] });
        Stopwatch watch = Stopwatch.StartNew();
        _run = OnLane(() =>
        {
            Executable.Load(_residency, new StoredWeights(_weights));
            return Run.Begin(Executable, _lane);
        });
        LoadTime = watch.Elapsed;
    }

    /// <summary>With random weights.</summary>
    public static ProductNetwork Random(NetworkRecipe recipe, ModelKeys keys, ElementType type, int threads, IReadOnlyCollection<string>? without = null) =>
        new(recipe, WeightStore.Synthetic(keys.Shapes, type), keys.Config, threads, without);

    /// <summary>With the weights of a diffusers folder.</summary>
    public static ProductNetwork Open(NetworkRecipe recipe, string folder, int threads, IReadOnlyCollection<string>? without = null)
    {
        ModelFolder model = ModelFolder.Open(folder);
        return new(recipe, model.Weights(recipe.Component), model.Config(recipe.Component), threads, without);
    }

    /// <summary>What was compiled.</summary>
    public Executable Executable { get; }

    /// <summary>Whether it reads latents in every evaluation; VAE and text encoder run once a request.</summary>
    public bool HasEvaluation => Executable.Programs.Any(p => p.Launches.Count > 0 && p.Name.StartsWith("evaluation", StringComparison.Ordinal));

    /// <summary>The device's name.</summary>
    public string Device => _device.Name;

    /// <summary>Packing of the weights.</summary>
    public TimeSpan LoadTime { get; }

    /// <summary>FLOPs of all programs.</summary>
    public double Flops => Executable.Programs.Sum(p => (double)p.Work.Flops);

    /// <summary>Bytes of all weights.</summary>
    public long WeightBytes => _weights.Bytes;

    /// <summary>
    /// One evaluation from inputs to result. The inputs are set anew, so that nothing is left from the one before: what the product computes once a
    /// request (text keys and values, time embeddings) counts here, as it does in the peer.
    /// </summary>
    /// <param name="seed">Of the inputs; null leaves them as they are.</param>
    /// <returns>Seconds in all, of it those before the evaluation program, and bytes allocated by the runtime in the evaluation program.</returns>
    public (double Seconds, double Hoisted, long Allocated) Evaluate(int? seed) => OnLane(() =>
    {
        if (seed is { } s)
        {
            _recipe.Fill(_run, new Random(s));
        }

        long start = Stopwatch.GetTimestamp();
        _run.Prepare();
        double hoisted = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long before = GC.GetAllocatedBytesForCurrentThread();
        _run.Evaluate();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return _run.Read().All(float.IsFinite) ? (seconds, hoisted, allocated) : throw new InvalidOperationException("The result holds values that are not finite.");
    });

    /// <summary>The result of the last evaluation.</summary>
    public float[] Result() => OnLane(() => _run.Read().ToArray());
    /// <summary>One evaluation with new inputs, launch by launch.</summary>
    public IReadOnlyList<LaunchTime> Profile(int round) => OnLane(() =>
    {
        _recipe.Fill(_run, new Random(round));
        return _run.Profile();
    });

    public void Dispose()
    {
        _run.Dispose();
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
        _weights.Dispose();
    }

    private T OnLane<T>(Func<T> work) => _lane.Enqueue(work).GetAwaiter().GetResult();
}
