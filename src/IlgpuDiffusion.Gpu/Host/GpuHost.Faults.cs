using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>What a driver is asked to do.</summary>
internal enum DriverCall
{
    /// <summary>Give memory.</summary>
    Allocate,

    /// <summary>Take memory back.</summary>
    Free,

    /// <summary>Copy from the host.</summary>
    Upload,

    /// <summary>Copy to the host.</summary>
    Download,

    /// <summary>Copy on the device.</summary>
    Copy,

    /// <summary>Compile a kernel.</summary>
    Compile,

    /// <summary>Queue a kernel.</summary>
    Launch,
}

internal sealed partial class GpuHost
{
    // Texts of CUDA, and names of OpenCL's errors; what OpenCL says of buffers alone means other things of kernels.
    private static readonly string[] OutOfMemory = ["out of memory", "ALLOCATION_FAILURE", "OUT_OF_HOST_MEMORY"];
    private static readonly string[] NoBuffer = ["OUT_OF_RESOURCES", "INVALID_BUFFER_SIZE"];

    private string? _lastLayer;

    /// <summary>Is told of every call of the driver before it is made, and may fail in its place; for tests.</summary>
    public Action<DriverCall>? BeforeCall { get; set; }

    /// <summary>Bytes that the driver has left, other programs' use taken off; null where it does not say.</summary>
    public long? FreeMemory
    {
        get
        {
            try
            {
                return (Accelerator as ILGPU.Runtime.Cuda.CudaAccelerator)?.GetFreeMemory();
            }
            catch (AcceleratorException)
            {
                // What is asked for next says what is wrong.
                return null;
            }
        }
    }

    /// <summary>Whether a driver, not this program, failed.</summary>
    public static bool IsFault(Exception e) => e is AcceleratorException;

    /// <summary>Says that a layer's kernels are about to be queued.</summary>
    public void Launching(string layer)
    {
        _lastLayer = layer;
        BeforeCall?.Invoke(DriverCall.Launch);
    }

    /// <summary>What a driver's failure means. A GPU tells of a kernel's failure at a later call, so the last layer is named too.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="where">What was being done.</param>
    public DeviceLostException Lost(Exception e, string where)
    {
        string last = _lastLayer is { } layer && where != Layer(layer) ? $" (the last kernel that was queued is that of {Layer(layer)})" : "";
        return new DeviceLostException($"{Kind.Text()} ({Name}) failed at {where}{last}: {e.Message.TrimEnd('.', ' ')}. What lay on the device is lost; open the model again, and if that fails too, restart the program or take another device (--device cpu).", e);
    }

    /// <summary>What a driver's failure means where it may be a lack of memory, which leaves the device usable.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="where">What was being done.</param>
    public Exception Failed(Exception e, string where) =>
        Says(e, OutOfMemory) ? new DeviceMemoryException($"{Kind.Text()} ({Name}) has no memory left for {where}: {e.Message.TrimEnd('.', ' ')}. {GpuDevice.Remedy}", e) : Lost(e, where);

    /// <summary>A layer as errors name it.</summary>
    public static string Layer(string path) => $"'{path}'";

    private MemoryBuffer1D<byte, Stride1D.Dense> NewBuffer(long bytes, string purpose)
    {
        try
        {
            BeforeCall?.Invoke(DriverCall.Allocate);
            return Accelerator.Allocate1D<byte>(Math.Max(bytes, 1));
        }
        catch (Exception e) when (e is OutOfMemoryException || (IsFault(e) && (Says(e, OutOfMemory) || Says(e, NoBuffer))))
        {
            throw new DeviceMemoryException($"{Kind.Text()} ({Name}) needs {GpuDevice.Mebibytes(bytes)} of memory for {purpose}, and its driver has no such block left. {GpuDevice.Remedy}", e);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Lost(e, $"allocating memory for {purpose}");
        }
    }

    private static bool Says(Exception e, string[] texts) => texts.Any(text => e.Message.Contains(text, StringComparison.OrdinalIgnoreCase));

    // Of a lost device nothing can be freed; what it still takes back is.
    private static void Try(Action free)
    {
        try
        {
            free();
        }
        catch (AcceleratorException)
        {
            // It is gone with the device.
        }
    }
}
