using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>A launch many times over as one recording of the device, so that what the host takes to queue it is not seen.</summary>
internal sealed class OpRepeat(Replay replay, Launch launch, int count) : IDisposable
{
    private readonly Launch[] _launches = [.. Enumerable.Repeat(launch, count)];

    /// <summary>How many launches a call queues.</summary>
    public int Count => count;

    /// <summary>Queues them.</summary>
    public void Queue() => replay.Run(_launches, default, CancellationToken.None);

    /// <inheritdoc/>
    public void Dispose() => replay.Dispose();
}
