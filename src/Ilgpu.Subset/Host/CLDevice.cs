namespace ILGPU.Runtime.OpenCL;

/// <summary>An OpenCL device; there is none here.</summary>
public sealed class CLDevice : Device
{
    private CLDevice()
    {
    }

    public CLDeviceType DeviceType { get; }

    public override Accelerator CreateAccelerator(Context context) => throw new NotSupportedException("The ILGPU subset has no OpenCL devices.");
}

/// <summary>OpenCL's kinds of devices, under its names.</summary>
public enum CLDeviceType
{
    CL_DEVICE_TYPE_DEFAULT = 1,
    CL_DEVICE_TYPE_CPU = 2,
    CL_DEVICE_TYPE_GPU = 4,
    CL_DEVICE_TYPE_ACCELERATOR = 8,
    CL_DEVICE_TYPE_CUSTOM = 16,
    CL_DEVICE_TYPE_ALL = -1,
}
