using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Native memory on 2 MiB boundaries, in huge pages where the system gives them: fewer page faults and address look-ups. On Linux a block of that size is a mapping of its own,
/// so that what is freed is the system's again; the C library would keep it.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a huge page.</summary>
    public const int Size = 2 << 20;

    // Blocks from here on are mappings.
    private const long Mapped = 1 << 20;

    private const int AdviseHugePages = 14;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private static volatile bool _unavailable = !OperatingSystem.IsLinux();

    /// <summary>Allocates memory, to be freed by <see cref="Free"/> with the same number of bytes; its content is undefined.</summary>
    public static void* Allocate(long bytes, bool huge)
    {
        void* memory = bytes >= Mapped ? Map(bytes) : null;
        if (memory == null)
        {
            memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), bytes >= Mapped ? (nuint)Size : 64);
        }

        if (huge && bytes >= Size && !_unavailable)
        {
            // Advice: a kernel without huge pages says no, and nothing is lost.
            _ = Advise(memory, (nuint)(bytes / Size * Size), AdviseHugePages);
        }

        return memory;
    }

    /// <summary>Frees memory.</summary>
    public static void Free(void* memory, long bytes)
    {
        if (memory == null)
        {
            return;
        }

        if (bytes >= Mapped && !_unavailable)
        {
            _ = Unmap(memory, Whole(bytes));
        }
        else
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    // A little more than is wanted is mapped, and what is not on the boundary given back. Null where there are no such mappings.
    private static void* Map(long bytes)
    {
        if (_unavailable)
        {
            return null;
        }

        try
        {
            nuint whole = Whole(bytes);
            byte* start = (byte*)Map(null, whole + Size, ReadWrite, PrivateAnonymous, -1, 0);
            if ((nint)start == -1)
            {
                throw new InsufficientMemoryException($"The system maps no {whole} bytes.");
            }

            byte* first = (byte*)(((nuint)start + Size - 1) / Size * Size);
            if (first > start)
            {
                _ = Unmap(start, (nuint)(first - start));
            }

            _ = Unmap(first + whole, (nuint)(start + Size - first));
            return first;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system library of another name, at the first call of all.
            _unavailable = true;
            return null;
        }
    }

    private static nuint Whole(long bytes) => ((nuint)bytes + (nuint)Environment.SystemPageSize - 1) / (nuint)Environment.SystemPageSize * (nuint)Environment.SystemPageSize;

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(void* address, nuint length);
}
