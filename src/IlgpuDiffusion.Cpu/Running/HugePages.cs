using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>Native memory on 2 MiB boundaries, in huge pages where the system gives them: fewer page faults and address look-ups.</summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a huge page.</summary>
    public const int Size = 2 << 20;

    private const int AdviseHugePages = 14;

    /// <summary>Allocates memory, to be freed by <see cref="NativeMemory.AlignedFree"/>; its content is undefined.</summary>
    public static void* Allocate(long bytes, bool huge = true)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Size);
        if (huge && bytes >= Size && OperatingSystem.IsLinux())
        {
            try
            {
                // Advice: a kernel without huge pages says no, and nothing is lost.
                _ = Advise(memory, (nuint)(bytes / Size * Size), AdviseHugePages);
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                // A system library of another name.
            }
        }

        return memory;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
