using System.Runtime.CompilerServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using ILGPU.Util;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    // ILGPU gives up at the first of a lost device's objects that the driver does not take back, with the device's context, and so all of its memory, still there.
    // What is left then goes with the context; and ILGPU is told that the device is gone, so that it frees nothing later on the thread of the finalizers,
    // where a driver's failure ends the process.
    private static void Release(Accelerator accelerator)
    {
        nint context = accelerator.NativePtr;
        try
        {
            accelerator.Dispose();
        }
        catch (AcceleratorException)
        {
            MarkDisposed(accelerator);
            LetGo(accelerator);
            _ = accelerator switch
            {
                CudaAccelerator => (int)CudaAPI.CurrentAPI.DestroyContext(context),
                CLAccelerator => (int)CLAPI.CurrentAPI.ReleaseContext(context),
                _ => 0,
            };
        }
    }

    // What ends a disposal, for one that failed: the accelerator's thread, which would wait forever and keep it all, and its place as the one that this thread
    // turned to last, where it would be asked to step back, and fail, before ILGPU turns to any other: also to those of its context that are to be disposed of.
    private static void LetGo(Accelerator accelerator)
    {
        lock (Root(accelerator))
        {
            EndCollection(accelerator);
        }

        SetCurrent(accelerator, null);
    }

    // What nobody let go of, a buffer that was half made, would be freed on the thread of the finalizers.
    private void LeaveIfLost()
    {
        // While launches are recorded nobody may wait.
        if (_viewer == 0)
        {
            try
            {
                Synchronize();
            }
            catch (AcceleratorException)
            {
                MarkDisposed(Accelerator);
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "MarkDisposed_Unsafe")]
    private static extern bool MarkDisposed(DisposeBase disposed);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "syncRoot")]
    private static extern ref readonly object Root(Accelerator accelerator);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "DisposeGC_SyncRoot")]
    private static extern void EndCollection(Accelerator accelerator);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "set_Current")]
    private static extern void SetCurrent(Accelerator type, Accelerator? current);
}
