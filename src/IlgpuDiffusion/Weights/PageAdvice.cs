using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Weights;

/// <summary>Tells Linux that pages of a shared file mapping are no longer needed; elsewhere, and where it fails, nothing happens.</summary>
internal static unsafe partial class PageAdvice
{
    private const int DontNeed = 4;

    private static volatile bool _unavailable = !OperatingSystem.IsLinux();

    /// <summary>Releases the pages under a range of a read-only file mapping. Neighbours on the outer pages are read again when touched.</summary>
    public static void Release(byte* start, long bytes)
    {
        if (_unavailable || start == null || bytes == 0)
        {
            return;
        }

        try
        {
            var before = (nuint)start % (nuint)Environment.SystemPageSize;
            _ = Advise(start - before, (nuint)bytes + before, DontNeed);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _unavailable = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
