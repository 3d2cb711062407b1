using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>CUDA's graphs: what a stream is given while it captures becomes a graph, which is launched as one.</summary>
internal sealed unsafe class CudaRecorder(CudaStream stream) : ILaunchRecorder
{
    /// <inheritdoc/>
    public void Begin()
    {
        stream.Accelerator.Bind();
        Check(CudaGraphs.BeginCapture(stream.StreamPtr, CudaGraphs.ThreadLocal));
    }

    /// <inheritdoc/>
    public nint End()
    {
        nint graph = 0, executable = 0;
        Check(CudaGraphs.EndCapture(stream.StreamPtr, &graph));
        try
        {
            Check(CudaGraphs.Instantiate(&executable, graph, 0));
            return executable;
        }
        finally
        {
            _ = CudaGraphs.DestroyGraph(graph);
        }
    }

    /// <inheritdoc/>
    public void Discard()
    {
        // What has gone wrong makes this fail too, but ends the capture all the same.
        nint graph = 0;
        if (CudaGraphs.EndCapture(stream.StreamPtr, &graph) == CudaError.CUDA_SUCCESS && graph != 0)
        {
            _ = CudaGraphs.DestroyGraph(graph);
        }
    }

    /// <inheritdoc/>
    public void Run(nint recording)
    {
        stream.Accelerator.Bind();
        Check(CudaGraphs.Launch(recording, stream.StreamPtr));
    }

    /// <inheritdoc/>
    public void Free(nint recording)
    {
        stream.Accelerator.Bind();
        stream.Synchronize();
        Check(CudaGraphs.DestroyExecutable(recording));
    }

    private static void Check(CudaError error)
    {
        if (error != CudaError.CUDA_SUCCESS)
        {
            throw new CudaException(error);
        }
    }
}
