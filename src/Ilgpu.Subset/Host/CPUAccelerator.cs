namespace ILGPU.Runtime.CPU;

/// <summary>Kernels on the CPU: without barriers as plain loops, groups spread over the processors; with barriers on a thread per item.</summary>
public sealed class CPUAccelerator : Accelerator
{
    internal CPUAccelerator(Context context, CPUDevice device)
        : base(context, device)
    {
    }
}
