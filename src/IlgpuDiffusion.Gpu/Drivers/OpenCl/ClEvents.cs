using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu.OpenCl;

/// <summary>Calls of OpenCL about events that ILGPU does not make. All give OpenCL's error.</summary>
internal static unsafe class ClEvents
{
    // CL_EVENT_COMMAND_EXECUTION_STATUS
    private const uint ExecutionStatus = 0x11D3;

    private static readonly nint Library = NativeLibrary.Load(OperatingSystem.IsWindows() ? "OpenCL.dll" : OperatingSystem.IsMacOS() ? "/System/Library/Frameworks/OpenCL.framework/OpenCL" : "libOpenCL.so.1");
    private static readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueMarkerWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)NativeLibrary.GetExport(Library, "clEnqueueMarkerWithWaitList");
    private static readonly delegate* unmanaged<uint, nint*, int> WaitForEvents = (delegate* unmanaged<uint, nint*, int>)NativeLibrary.GetExport(Library, "clWaitForEvents");
    private static readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetEventInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)NativeLibrary.GetExport(Library, "clGetEventInfo");
    private static readonly delegate* unmanaged<nint, int> ReleaseEvent = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(Library, "clReleaseEvent");

    /// <summary>Puts a marker behind everything in a queue.</summary>
    public static int EnqueueMarker(nint queue, out nint marker)
    {
        nint made = 0;
        int error = EnqueueMarkerWithWaitList(queue, 0, null, &made);
        marker = made;
        return error;
    }

    /// <summary>How far it is: 0 when it is complete, more before, less where it failed.</summary>
    public static int Status(nint marker, out int status)
    {
        int found = 0;
        int error = GetEventInfo(marker, ExecutionStatus, sizeof(int), &found, null);
        status = found;
        return error;
    }

    /// <summary>Waits for it.</summary>
    public static int Wait(nint marker) => WaitForEvents(1, &marker);

    /// <summary>Frees it.</summary>
    public static int Release(nint marker) => ReleaseEvent(marker);
}
