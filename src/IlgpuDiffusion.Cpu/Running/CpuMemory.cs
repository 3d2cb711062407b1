using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>A block of native memory: large ones on a 2 MiB boundary.</summary>
internal sealed unsafe class CpuMemory : DeviceMemory
{
    private readonly CpuDevice _device;
    private void* _address;

    public CpuMemory(CpuDevice device, long bytes, bool hugePages)
    {
        (_device, Bytes) = (device, bytes);
        _address = HugePages.Allocate(bytes, hugePages);
    }

    /// <inheritdoc/>
    public override nint Address => (nint)_address;

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_address != null)
        {
            HugePages.Free(_address, Bytes);
            _address = null;
            _device.Freed(Bytes);
        }
    }
}
