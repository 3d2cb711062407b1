using ILGPU.Runtime.OpenCL;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.OpenCl;

/// <summary>A marker in a command queue, whose event the host waits for.</summary>
internal sealed class ClMark(GpuHost host, CLStream stream) : DeviceMark
{
    private nint _event;

    /// <inheritdoc/>
    public override bool IsReached
    {
        get
        {
            int status = 0;
            if (_event != 0)
            {
                Check(ClEvents.Status(_event, out status));
            }

            // Complete is 0; failures are below.
            Check(Math.Min(status, 0));
            return status == 0;
        }
    }

    /// <inheritdoc/>
    public override void Set()
    {
        Release();
        Check(ClEvents.EnqueueMarker(stream.CommandQueue, out _event));

        // A queue may keep what it has until somebody asks.
        Check((int)CLAPI.CurrentAPI.FlushCommandQueue(stream.CommandQueue));
    }

    /// <inheritdoc/>
    public override void Wait()
    {
        if (_event != 0)
        {
            Check(ClEvents.Wait(_event));
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => Release();

    private void Release()
    {
        if (_event != 0)
        {
            _ = ClEvents.Release(_event);
            _event = 0;
        }
    }

    private void Check(int error)
    {
        if (error != 0)
        {
            throw host.Lost(new CLException((CLError)error), "what was queued");
        }
    }
}
