using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>A network on a GPU, as the pipeline runs it.</summary>
internal sealed class GpuNetwork : IDisposable
{
    private readonly GpuDevice _device;
    private readonly Lane _lane;
    private readonly Residency _residency;
    private readonly Run _run;
    private readonly NetworkRecipe _recipe;

    /// <summary>Compiles it, uploads the weights, loads the kernels.</summary>
    public GpuNetwork(GpuDevice device, NetworkRecipe recipe, WeightStore weights, ComponentConfig config, ElementType type)
    {
        (_device, _recipe, _lane, _residency) = (device, recipe, new Lane(device), new Residency(device));
        Value result = recipe.Build(new ModelBuilder(new Graph(), weights), config);
        Executable = Executable.Compile([new Variant(result)], device, new CompileOptions { Type = type });
        long start = Stopwatch.GetTimestamp();
        _run = OnLane(() =>
        {
            Executable.Load(_residency, new StoredWeights(weights));
            return Run.Begin(Executable, _lane);
        });
        LoadTime = Stopwatch.GetElapsedTime(start);
        OnLane(() =>
        {
            recipe.Fill(_run, new Random(1));
            return 0;
        });
    }

    /// <summary>What was compiled.</summary>
    public Executable Executable { get; }

    /// <summary>Weights to the device, and kernels loaded.</summary>
    public TimeSpan LoadTime { get; }

    /// <summary>Launches of an evaluation.</summary>
    public IReadOnlyList<LaunchReport> Launches => Executable.Programs[^1].Launches;

    /// <summary>Waits for everything that was queued.</summary>
    public void Synchronize() => _device.Host.Synchronize();

    /// <summary>Evaluates once and looks at the result.</summary>
    /// <returns>Whether all of it is finite.</returns>
    public bool IsFinite() => OnLane(() =>
    {
        _run.Evaluate();
        return _run.Read().All(float.IsFinite);
    });

    /// <summary>The median times of an evaluation: on the device, and of the host to queue it.</summary>
    public (double Seconds, double Queueing) Measure(GpuTimer timer) => OnLane(() => timer.Measure(() => _run.Evaluate()));

    /// <summary>One evaluation with all that comes in front of it, launch by launch; those of the evaluation alone.</summary>
    public IReadOnlyList<LaunchTime> Profile() => OnLane(() =>
    {
        IReadOnlyList<LaunchTime> all = _run.Profile();
        return (IReadOnlyList<LaunchTime>)[.. all.Where(launch => launch.Program == all[^1].Program)];
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _run.Dispose();
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
    }

    private T OnLane<T>(Func<T> work) => _lane.Enqueue(work).GetAwaiter().GetResult();
}
