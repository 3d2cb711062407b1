using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Weights;

/// <summary>Tells Linux how pages of a shared file mapping are used; elsewhere, and where it fails, nothing happens.</summary>
internal static unsafe partial class PageAdvice
{
    private const int Normal = 0;
    private const int Random = 1;
    private const int DontNeed = 4;

    private static volatile bool _unavailable = !OperatingSystem.IsLinux();

    /// <summary>Releases the pages under a range of a read-only file mapping. Neighbours on the outer pages are read again when touched.</summary>
    public static void Release(byte* start, long bytes) => Advise(start, bytes, DontNeed);

    /// <summary>Says that little will be read of a range, here and there, so that a file's other pages are not read ahead; or that this is over.</summary>
    public static void Sparse(byte* start, long bytes, bool on) => Advise(start, bytes, on ? Random : Normal);

    private static void Advise(byte* start, long bytes, int advice)
    {
        if (_unavailable || start == null || bytes == 0)
        {
            return;
        }

        try
        {
            var before = (nuint)start % (nuint)Environment.SystemPageSize;
            _ = Advise(start - before, (nuint)bytes + before, advice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _unavailable = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
