using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Calls of CUDA's driver about graphs (CUDA driver API, "Stream management" and "Graph management"; 11.4 and later).</summary>
internal static unsafe class CudaGraphs
{
    /// <summary>CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what another thread does at the time is no part of it and cannot spoil it.</summary>
    public const int ThreadLocal = 1;

    private static readonly nint Library = NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1");

    /// <summary>cuStreamBeginCapture: the stream, the mode.</summary>
    public static readonly delegate* unmanaged<nint, int, CudaError> BeginCapture = (delegate* unmanaged<nint, int, CudaError>)Find("cuStreamBeginCapture_v2");

    /// <summary>cuStreamEndCapture: the stream, the graph.</summary>
    public static readonly delegate* unmanaged<nint, nint*, CudaError> EndCapture = (delegate* unmanaged<nint, nint*, CudaError>)Find("cuStreamEndCapture");

    /// <summary>cuGraphInstantiateWithFlags: the executable graph, the graph, flags.</summary>
    public static readonly delegate* unmanaged<nint*, nint, ulong, CudaError> Instantiate = (delegate* unmanaged<nint*, nint, ulong, CudaError>)Find("cuGraphInstantiateWithFlags");

    /// <summary>cuGraphLaunch: the executable graph, the stream.</summary>
    public static readonly delegate* unmanaged<nint, nint, CudaError> Launch = (delegate* unmanaged<nint, nint, CudaError>)Find("cuGraphLaunch");

    /// <summary>cuGraphDestroy.</summary>
    public static readonly delegate* unmanaged<nint, CudaError> DestroyGraph = (delegate* unmanaged<nint, CudaError>)Find("cuGraphDestroy");

    /// <summary>cuGraphExecDestroy.</summary>
    public static readonly delegate* unmanaged<nint, CudaError> DestroyExecutable = (delegate* unmanaged<nint, CudaError>)Find("cuGraphExecDestroy");

    private static nint Find(string name) => NativeLibrary.GetExport(Library, name);
}
