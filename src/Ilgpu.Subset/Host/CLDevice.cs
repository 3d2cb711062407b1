namespace ILGPU.Runtime.OpenCL;

/// <summary>An OpenCL device; there is none here.</summary>
public sealed class CLDevice : Device
{
    private CLDevice()
    {
    }

    public override Accelerator CreateAccelerator(Context context) => throw new NotSupportedException("The ILGPU subset has no OpenCL devices.");
}
