using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>CUDA's events with times: the device notes them in passing, and nothing waits.</summary>
internal sealed class CudaClock(GpuHost host, CudaStream stream) : DeviceClock
{
    private readonly List<nint> _events = [];
    private int _used;

    /// <inheritdoc/>
    public override void Tick()
    {
        stream.Accelerator.Bind();
        if (_used == _events.Count)
        {
            Check(CudaAPI.CurrentAPI.CreateEvent(out nint made, CudaEventFlags.CU_EVENT_DEFAULT));
            _events.Add(made);
        }

        Check(CudaAPI.CurrentAPI.RecordEvent(_events[_used++], stream.StreamPtr));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TimeSpan> Read()
    {
        if (_used == 0)
        {
            return [];
        }

        stream.Accelerator.Bind();
        Check(CudaAPI.CurrentAPI.SynchronizeEvent(_events[_used - 1]));
        TimeSpan[] times = new TimeSpan[_used - 1];
        for (int i = 0; i < times.Length; i++)
        {
            Check(CudaAPI.CurrentAPI.ElapsedTime(out float milliseconds, _events[i], _events[i + 1]));
            times[i] = TimeSpan.FromMilliseconds(milliseconds);
        }

        _used = 0;
        return times;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        stream.Accelerator.Bind();
        foreach (nint made in _events)
        {
            _ = CudaAPI.CurrentAPI.DestroyEvent(made);
        }

        _events.Clear();
    }

    private void Check(CudaError error)
    {
        if (error != CudaError.CUDA_SUCCESS)
        {
            throw host.Lost(new CudaException(error), "what was queued");
        }
    }
}
