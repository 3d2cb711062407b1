using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>An event of CUDA's, recorded again and again; it takes no times and lets the waiting thread sleep.</summary>
internal sealed class CudaMark : DeviceMark
{
    private readonly GpuHost _host;
    private readonly CudaStream _stream;
    private nint _event;

    public CudaMark(GpuHost host, CudaStream stream)
    {
        (_host, _stream) = (host, stream);
        Bound();
        Check(CudaAPI.CurrentAPI.CreateEvent(out _event, CudaEventFlags.CU_EVENT_DISABLE_TIMING | CudaEventFlags.CU_EVENT_BLOCKING_SYNC));
    }

    /// <inheritdoc/>
    public override bool IsReached
    {
        get
        {
            _stream.Accelerator.Bind();
            CudaError error = CudaAPI.CurrentAPI.QueryEvent(_event);
            if (error == CudaError.CUDA_ERROR_NOT_READY)
            {
                return false;
            }

            Check(error);
            return true;
        }
    }

    /// <inheritdoc/>
    public override void Set() => Check(CudaAPI.CurrentAPI.RecordEvent(_event, Bound().StreamPtr));

    /// <inheritdoc/>
    public override void Wait()
    {
        Bound();
        Check(CudaAPI.CurrentAPI.SynchronizeEvent(_event));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_event != 0)
        {
            // A lost device has nothing to free.
            Bound();
            _ = CudaAPI.CurrentAPI.DestroyEvent(_event);
            _event = 0;
        }
    }

    // CUDA's calls go to the context that the thread has.
    private CudaStream Bound()
    {
        _stream.Accelerator.Bind();
        return _stream;
    }

    private void Check(CudaError error)
    {
        if (error != CudaError.CUDA_SUCCESS)
        {
            throw _host.Lost(new CudaException(error), "what was queued");
        }
    }
}
