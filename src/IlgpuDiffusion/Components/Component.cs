using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>One network of a model on a device: compiled for each form in which requests use it, its weights brought in when it runs.</summary>
/// <typeparam name="TKey">What distinguishes one compiled form from another.</typeparam>
internal abstract class Component<TKey> : IDisposable
    where TKey : notnull
{
    private readonly RecentCache<TKey, Executable> _cache;

    /// <param name="weights">Its weights.</param>
    /// <param name="runner">Device and lane.</param>
    /// <param name="kept">How many compiled forms are kept.</param>
    protected Component(WeightStore weights, ComponentRunner runner, int kept)
    {
        (Weights, Runner, Source) = (weights, runner, new StoredWeights(weights, runner.Device.HostThreads));
        _cache = new RecentCache<TKey, Executable>(kept, key => Compile(key, runner));
    }

    /// <summary>The type in which it stores activations.</summary>
    public ElementType Type => Runner.Type;

    /// <summary>Its weights.</summary>
    protected WeightStore Weights { get; }

    /// <summary>Their numbers.</summary>
    protected StoredWeights Source { get; }

    /// <summary>Device and lane.</summary>
    protected ComponentRunner Runner { get; }

    /// <summary>The compiled form; no weight is read.</summary>
    public Executable Executable(TKey key) => _cache.Get(key);

    /// <summary>What a request runs of it.</summary>
    /// <param name="key">The form.</param>
    /// <param name="measured">Null for the form that will run; a type for activations for one that is looked at alone and not kept.</param>
    public ComponentUse Use(TKey key, ElementType? measured = null)
    {
        Executable executable = measured is { } type ? Compile(key, Runner with { Type = Stored(type) }) : Executable(key);
        return new ComponentUse(Name(key), [new PartUse(executable)], executable.Memory, cancellation => Load(key, cancellation));
    }

    /// <summary>Brings the form's weights to the device, where they are not there yet.</summary>
    public Executable Load(TKey key, CancellationToken cancellation) => Load(key, LoadedPrograms.All, cancellation);

    /// <summary>Gives back what the device holds of its weights, before they are closed.</summary>
    public void Dispose() => Runner.Residency.Release(Source);

    /// <summary>Fixes the addresses of a graph that needs none of the weights, or those alone that are there.</summary>
    protected void Bind(Executable executable) => executable.Load(Runner.Residency, Source);

    /// <summary>Begins a run, weights ready, inputs not set.</summary>
    protected Run Begin(TKey key, CancellationToken cancellation) => Begin(key, inTurn: false, cancellation);

    /// <summary>Begins a run, weights ready, inputs not set.</summary>
    /// <param name="key">The form.</param>
    /// <param name="inTurn">Whether what is read before the loop alone leaves when the loop's weights are brought in.</param>
    /// <param name="cancellation">Observed while weights are brought in.</param>
    protected Run Begin(TKey key, bool inTurn, CancellationToken cancellation) => inTurn
        ? Run.Begin(Load(key, LoadedPrograms.BeforeLoop, cancellation), Runner.Lane, (which, stop) => Load(key, which, stop))
        : Run.Begin(Load(key, cancellation), Runner.Lane);

    /// <summary>What people read.</summary>
    protected abstract string Name(TKey key);

    /// <summary>What the form changes in the weights.</summary>
    protected virtual WeightChanges Changes(TKey key) => WeightChanges.None;

    /// <summary>Makes weights of other files known that the form reads.</summary>
    protected virtual void Know(TKey key) => Source.Know(Changes(key));

    /// <summary>The type in which activations are stored where a type is asked for.</summary>
    protected virtual ElementType Stored(ElementType asked) => asked;

    /// <summary>Builds the network; as many variants as it has.</summary>
    protected abstract Executable Compile(TKey key, ComponentRunner runner);

    private Executable Load(TKey key, LoadedPrograms which, CancellationToken cancellation)
    {
        Executable executable = Executable(key);
        Know(key);
        Runner.Load(Name(key), executable, Source, cancellation, which);
        return executable;
    }
}
