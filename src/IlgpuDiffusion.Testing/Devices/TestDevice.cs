using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Testing;

/// <summary>The device that tests of kernels run on: ILGPU's own on the processor, or what the environment names.</summary>
internal static class TestDevice
{
    /// <summary>
    /// The variable that names another kind, as the command line does: ILGPU_TEST_DEVICE=opencl. Test classes share a device, on which one thread at a
    /// time may launch: a kernel of OpenCL holds its arguments. So other kinds want <c>-- MSTest.Parallelize.Workers=1</c>.
    /// </summary>
    public const string Variable = "ILGPU_TEST_DEVICE";

    private static readonly GpuKind[] Kinds = Enum.GetValues<GpuKind>();

    /// <summary>Which kind it is.</summary>
    public static GpuKind Kind { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name
        ? Array.Find(Kinds, kind => kind.Text() == name) is var kind && kind.Text() == name ? kind : throw new InvalidOperationException($"{Variable}={name}: one of {string.Join(", ", Kinds.Select(kind => kind.Text()))}.")
        : GpuKind.IlgpuCpu;

    /// <summary>Starts it.</summary>
    public static GpuDevice Open(GpuDeviceOptions? options = null) => GpuDevice.Open(Kind, options);

    /// <summary>Starts the first OpenCL device; a test is inconclusive where there is none.</summary>
    public static GpuDevice OpenCl()
    {
        try
        {
            return GpuDevice.Open(GpuKind.OpenCL);
        }
        catch (GpuNotFoundException e)
        {
            Assert.Inconclusive(e.Message);
            throw;
        }
    }
}
