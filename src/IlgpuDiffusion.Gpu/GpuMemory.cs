using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A block of a device's memory, on a 256-byte boundary.</summary>
internal sealed class GpuMemory(GpuDevice device, nint address, long bytes) : DeviceMemory
{
    private bool _freed;

    /// <inheritdoc/>
    public override nint Address => address;

    /// <inheritdoc/>
    public override long Bytes => bytes;

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!_freed)
        {
            _freed = true;
            device.Free(address, bytes);
        }
    }
}
