using System.Collections.Concurrent;
using System.Reflection;

namespace IlgpuDiffusion.Gpu.Tests.Watching;

/// <summary>Ends a run whose kernel does not come back, as where a part of a warp waits at a shuffle for the others, and says which kernel it was.</summary>
/// <param name="limit">How long a kernel may run.</param>
/// <param name="now">The time.</param>
/// <param name="end">Ends the run.</param>
internal sealed class KernelWatch(TimeSpan limit, Func<DateTime> now, Action<string> end)
{
    private readonly ConcurrentDictionary<int, (string Kernel, DateTime Since)> _running = [];

    /// <summary>A kernel begins on this thread.</summary>
    public void Begins(MethodInfo kernel) => _running[Environment.CurrentManagedThreadId] = (GpuHost.NameOf(kernel), now());

    /// <summary>It has come back.</summary>
    public void Ended() => _running.TryRemove(Environment.CurrentManagedThreadId, out _);

    /// <summary>To be called now and then.</summary>
    public void Look()
    {
        foreach ((string kernel, DateTime since) in _running.Values.Where(running => now() - running.Since > limit))
        {
            end($"The kernel {kernel} has not come back for {limit.TotalSeconds:0} s. Do all of its items come to its barriers and shuffles?");
        }
    }
}
