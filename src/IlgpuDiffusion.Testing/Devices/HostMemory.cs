using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>Native memory of the host, 64-byte aligned.</summary>
internal sealed unsafe class HostMemory : DeviceMemory
{
    private nint _address;

    public HostMemory(long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        try
        {
            _address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
        }
        catch (OutOfMemoryException e)
        {
            throw new DeviceMemoryException($"{purpose} needs {bytes} bytes, which the host's memory does not have.", e);
        }

        Bytes = bytes;
    }

    ~HostMemory() => Free();

    public override nint Address => _address != 0 ? _address : throw new ObjectDisposedException(nameof(HostMemory));

    public override long Bytes { get; }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree((void*)_address);
        _address = 0;
    }
}
