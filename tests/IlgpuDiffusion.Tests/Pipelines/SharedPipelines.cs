using System.Collections.Concurrent;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Pipelines that the tests of a class share: each is opened, and its kernels compiled, when it is first asked for.</summary>
internal sealed class SharedPipelines<TKey>(Func<TKey, DiffusionPipeline> open) : IAsyncDisposable
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<DiffusionPipeline>> _pipelines = [];

    public DiffusionPipeline this[TKey key] => _pipelines.GetOrAdd(key, key => new Lazy<DiffusionPipeline>(() => open(key))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<DiffusionPipeline> pipeline in _pipelines.Values.Where(pipeline => pipeline.IsValueCreated))
        {
            await pipeline.Value.DisposeAsync();
        }
    }
}

/// <summary>What several tests of a class compare with, computed once.</summary>
internal sealed class Remembered<TKey, TValue>(Func<TKey, Task<TValue>> compute)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TValue>>> _values = [];

    public Task<TValue> this[TKey key] => _values.GetOrAdd(key, key => new Lazy<Task<TValue>>(() => compute(key))).Value;
}
