using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>A block of native memory on a 2 MiB boundary.</summary>
internal sealed unsafe partial class CpuMemory : DeviceMemory
{
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private readonly CpuDevice _device;
    private void* _address;

    public CpuMemory(CpuDevice device, long bytes, bool hugePages)
    {
        (_device, Bytes) = (device, bytes);
        _address = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), HugePage);
        if (hugePages && bytes >= HugePage && OperatingSystem.IsLinux())
        {
            Advise();
        }
    }

    /// <inheritdoc/>
    public override nint Address => (nint)_address;

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_address != null)
        {
            NativeMemory.AlignedFree(_address);
            _address = null;
            _device.Freed(Bytes);
        }
    }

    private void Advise()
    {
        try
        {
            // Advice: a kernel without huge pages says no, and nothing is lost.
            _ = Advise(_address, (nuint)(Bytes / HugePage * HugePage), AdviseHugePages);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system library of another name.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
