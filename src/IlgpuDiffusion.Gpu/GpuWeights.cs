using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>The device's copies of weights that lie in the host's memory: each is uploaded once, and freed when the last who asked for it lets go.</summary>
internal sealed unsafe class GpuWeights(GpuDevice device)
{
    // A copy goes over in pieces, so that a weight of any size is a span.
    private const int Piece = 256 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<(nint Address, long Bytes, long Version), Copy> _copies = [];

    /// <summary>The address of a weight's copy; every call needs a <see cref="Release"/>.</summary>
    public nint Acquire(in WeightView view)
    {
        lock (_lock)
        {
            if (!_copies.TryGetValue((view.Address, view.Bytes, view.Version), out Copy? copy))
            {
                copy = new Copy(device.Allocate(view.Bytes, "weights"));
                try
                {
                    for (long done = 0; done < view.Bytes; done += Piece)
                    {
                        device.Upload(copy.Memory.Address + (nint)done, new ReadOnlySpan<byte>((byte*)view.Address + done, (int)Math.Min(Piece, view.Bytes - done)));
                    }
                }
                catch
                {
                    copy.Memory.Dispose();
                    throw;
                }

                _copies[(view.Address, view.Bytes, view.Version)] = copy;
            }

            copy.Users++;
            return copy.Memory.Address;
        }
    }

    /// <summary>Lets a copy go.</summary>
    public void Release(in WeightView view)
    {
        lock (_lock)
        {
            if (_copies.TryGetValue((view.Address, view.Bytes, view.Version), out Copy? copy) && --copy.Users == 0)
            {
                _copies.Remove((view.Address, view.Bytes, view.Version));
                copy.Memory.Dispose();
            }
        }
    }

    private sealed class Copy(DeviceMemory memory)
    {
        public DeviceMemory Memory => memory;

        public int Users { get; set; }
    }
}
