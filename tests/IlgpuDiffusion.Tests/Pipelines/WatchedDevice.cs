using System.Collections.Concurrent;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The CPU device with a record of what it was asked to allocate and whether that was given back.</summary>
internal sealed class WatchedDevice(CpuDeviceOptions? options = null) : Device
{
    private readonly CpuDevice _inner = new(options ?? new CpuDeviceOptions { Threads = 2 });
    private readonly ConcurrentDictionary<Memory, string> _live = [];

    public override string Name => _inner.Name;

    public override Capabilities Capabilities => _inner.Capabilities;

    public override Prepared Prepare(Op op, in Operands operands) => _inner.Prepare(op, operands);

    public bool Disposed { get; private set; }

    /// <summary>The largest block for each purpose.</summary>
    public ConcurrentDictionary<string, long> Largest { get; } = [];

    /// <summary>Is told of every copy on the device, such as an evaluation's latents.</summary>
    public Action? Copying { get; set; }

    /// <summary>Bytes in use.</summary>
    public long Live => _live.Keys.Sum(memory => memory.Bytes);

    public override DeviceMemory Allocate(long bytes, string purpose)
    {
        Memory memory = new(this, _inner.Allocate(bytes, purpose));
        _live[memory] = purpose;
        Most = Math.Max(Most, Live);
        Largest.AddOrUpdate(purpose, bytes, (_, known) => Math.Max(known, bytes));
        return memory;
    }

    /// <summary>The most bytes that were in use at a time.</summary>
    public long Most { get; private set; }

    /// <summary>Bytes in use for a purpose.</summary>
    public long LiveFor(string purpose) => _live.Where(entry => entry.Value == purpose).Sum(entry => entry.Key.Bytes);

    public override void Upload(nint target, ReadOnlySpan<byte> source) => _inner.Upload(target, source);

    public override void Download(nint source, Span<byte> target) => _inner.Download(source, target);

    public override void Copy(nint source, nint target, long bytes)
    {
        Copying?.Invoke();
        _inner.Copy(source, target, bytes);
    }

    public override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count) => _inner.Combine(target, sources, coefficients, count);

    protected override void Dispose(bool disposing)
    {
        Disposed = true;
        _inner.Dispose();
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
