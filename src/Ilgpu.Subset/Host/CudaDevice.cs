namespace ILGPU.Runtime.Cuda;

/// <summary>A CUDA device; there is none here.</summary>
public sealed class CudaDevice : Device
{
    private CudaDevice()
    {
    }

    public override Accelerator CreateAccelerator(Context context) => throw new NotSupportedException("The ILGPU subset has no CUDA devices.");
}
