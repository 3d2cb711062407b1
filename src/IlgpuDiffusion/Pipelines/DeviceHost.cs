using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion;

/// <summary>
/// A device that several pipelines share (<see cref="PipelineOptions.Host"/>): their requests queue on its one lane, and it holds their weights together. With a budget for
/// weights, those that no request uses leave when others need their room, and are made again from their files when they are wanted.
/// </summary>
public sealed class DeviceHost : IDisposable, IAsyncDisposable
{
    private CostModel? _costs;
    private UserCache? _cache;
    private readonly CancellationTokenSource _stop = new();
    private int _disposed;

    /// <summary>Takes a device, which it then owns. The host is the caller's, to be disposed of after the pipelines on it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="weightBudget">The bytes of weights that may be held at one time: those of one component at the least. Null holds as many as the device has room for.</param>
    public DeviceHost(Device device, long? weightBudget = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        (Lane, Residency) = (new Lane(device), new Residency(device, weightBudget));
    }

    /// <summary>The bytes of weights that are held now, as they are in their files or prepared.</summary>
    public long WeightBytes => Residency.Resident;

    /// <summary>The folder in which measurements are kept (<see cref="PipelineOptions.CacheFolder"/>).</summary>
    public string? CacheFolder { get; init; }

    /// <summary>What launches take on the device.</summary>
    internal CostModel Costs => LazyInitializer.EnsureInitialized(ref _costs, () => new CostModel(Device, Cache));

    internal UserCache Cache => LazyInitializer.EnsureInitialized(ref _cache, () => new UserCache(CacheFolder));

    internal Device Device { get; }

    internal Lane Lane { get; }

    internal Residency Residency { get; }

    /// <summary>Is cancelled when the host goes.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <summary>Cancels what runs and waits, then frees everything. Pipelines on it run nothing more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _stop.Cancel();
        Lane.Dispose();
        Residency.Dispose();
        Device.Dispose();
        _stop.Dispose();
    }

    /// <summary>As <see cref="Dispose"/>, without holding the caller's thread until the device has stopped.</summary>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));
}
