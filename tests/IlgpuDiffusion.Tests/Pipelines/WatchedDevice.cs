using System.Collections.Concurrent;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The CPU device with a record of what it was asked to allocate and whether that was given back.</summary>
internal sealed class WatchedDevice(CpuDeviceOptions? options = null) : DelegatingDevice(new CpuDevice(options ?? new CpuDeviceOptions { Threads = 2 }))
{
    private readonly ConcurrentDictionary<Memory, string> _live = [];

    public bool Disposed { get; private set; }

    /// <summary>The largest block for each purpose.</summary>
    public ConcurrentDictionary<string, long> Largest { get; } = [];

    /// <summary>All bytes that were asked for, for each purpose.</summary>
    public ConcurrentDictionary<string, long> Taken { get; } = [];

    /// <summary>Is told of every copy on the device, such as an evaluation's latents.</summary>
    public Action? Copying { get; set; }

    /// <summary>Bytes in use.</summary>
    public long Live => _live.Keys.Sum(memory => memory.Bytes);

    internal override DeviceMemory Allocate(long bytes, string purpose)
    {
        Memory memory = new(this, Inner.Allocate(bytes, purpose));
        _live[memory] = purpose;
        Most = Math.Max(Most, Live);
        MostWeights = Math.Max(MostWeights, LiveFor("weights"));
        Taken.AddOrUpdate(purpose, bytes, (_, known) => known + bytes);
        Largest.AddOrUpdate(purpose, bytes, (_, known) => Math.Max(known, bytes));
        return memory;
    }

    /// <summary>The most bytes that were in use at a time.</summary>
    public long Most { get; private set; }

    /// <summary>The most bytes of weights that were held at a time.</summary>
    public long MostWeights { get; private set; }

    /// <summary>Begins to look for the most anew.</summary>
    public void ForgetMost() => (Most, MostWeights) = (Live, LiveFor("weights"));

    /// <summary>Bytes in use for a purpose.</summary>
    public long LiveFor(string purpose) => _live.Where(entry => entry.Value == purpose).Sum(entry => entry.Key.Bytes);

    internal override void Copy(nint source, nint target, long bytes)
    {
        Copying?.Invoke();
        Inner.Copy(source, target, bytes);
    }

    protected override void Dispose(bool disposing)
    {
        Disposed = true;
        base.Dispose(disposing);
    }

    private sealed class Memory(WatchedDevice device, DeviceMemory inner) : DeviceMemory
    {
        public override nint Address => inner.Address;

        public override long Bytes => inner.Bytes;

        public override void Dispose()
        {
            inner.Dispose();
            device._live.TryRemove(this, out _);
        }
    }
}
