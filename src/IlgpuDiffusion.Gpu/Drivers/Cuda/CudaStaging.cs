using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>
/// Copies to the device by way of two buffers of memory that does not move: the device fetches from one at its full speed while the host fills the other, and
/// nobody waits at the end. From other memory a driver copies through buffers of its own, and the host waits for it.
/// </summary>
/// <param name="stream">The queue.</param>
/// <param name="threads">How many threads fill a buffer.</param>
internal sealed unsafe class CudaStaging(CudaStream stream, Func<int> threads) : IDisposable
{
    private const int Half = 16 << 20, Slice = 1 << 20;

    private readonly nint[] _buffers = new nint[2];
    private readonly nint[] _events = new nint[2];
    private readonly bool[] _queued = new bool[2];
    private int _current;
    private int _filled;

    /// <summary>Queues a copy; the source may change afterwards.</summary>
    /// <param name="target">The device's address.</param>
    /// <param name="source">What is copied.</param>
    /// <exception cref="CudaException">The driver fails.</exception>
    public void Copy(nint target, ReadOnlySpan<byte> source)
    {
        stream.Accelerator.Bind();
        while (!source.IsEmpty)
        {
            if (_filled == Half)
            {
                Check(CudaAPI.CurrentAPI.RecordEvent(_events[_current], stream.StreamPtr));
                _queued[_current] = true;
                (_current, _filled) = (1 - _current, 0);
            }

            Reserve();
            int count = Math.Min(source.Length, Half - _filled);
            nint at = _buffers[_current] + _filled;
            Fill(at, source[..count]);
            Check((CudaError)CudaDriver.CopyToDevice(target, at, count, stream.StreamPtr));

            // Copies begin at multiples of 256 bytes in the buffer too.
            _filled = Math.Min(Half, (_filled + count + 255) & ~255);
            target += count;
            source = source[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => GpuHost.Try(() =>
    {
        stream.Accelerator.Bind();
        for (int i = 0; i < _buffers.Length; i++)
        {
            _ = _events[i] != 0 ? CudaAPI.CurrentAPI.DestroyEvent(_events[i]) : default;
            _ = _buffers[i] != 0 ? CudaAPI.CurrentAPI.FreeHostMemory(_buffers[i]) : default;
            (_events[i], _buffers[i]) = (0, 0);
        }
    });

    // The current buffer, when the device has fetched what lay in it before.
    private void Reserve()
    {
        if (_buffers[_current] == 0)
        {
            Check(CudaAPI.CurrentAPI.AllocateHostMemory(out _buffers[_current], Half));
            Check(CudaAPI.CurrentAPI.CreateEvent(out _events[_current], CudaEventFlags.CU_EVENT_DISABLE_TIMING));
        }

        if (_queued[_current])
        {
            Check(CudaAPI.CurrentAPI.SynchronizeEvent(_events[_current]));
            _queued[_current] = false;
        }
    }

    // By several threads where there is much: the source is often a file that is read at this moment.
    private void Fill(nint target, ReadOnlySpan<byte> source)
    {
        if (source.Length < 4 * Slice)
        {
            source.CopyTo(new Span<byte>((void*)target, source.Length));
            return;
        }

        fixed (byte* from = source)
        {
            (nint first, int length) = ((nint)from, source.Length);
            Parallel.For(0, (length + Slice - 1) / Slice, new ParallelOptions { MaxDegreeOfParallelism = threads() }, i =>
            {
                int at = i * Slice, count = Math.Min(Slice, length - at);
                Buffer.MemoryCopy((void*)(first + at), (void*)(target + at), count, count);
            });
        }
    }

    private static void Check(CudaError error)
    {
        if (error != CudaError.CUDA_SUCCESS)
        {
            throw new CudaException(error);
        }
    }
}
