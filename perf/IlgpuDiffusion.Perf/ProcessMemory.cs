using System.Diagnostics;
using System.Globalization;

namespace IlgpuDiffusion.Perf;

/// <summary>What the operating system says of this process's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>The most bytes of memory that the process ever held at once, with the pages of mapped files.</summary>
    public static long Peak => Status("VmHWM") ?? Process.GetCurrentProcess().PeakWorkingSet64;

    /// <summary>Bytes held now in pages of mapped files.</summary>
    public static long Mapped => Status("RssFile") ?? 0;

    /// <summary>Bytes held now in memory of its own.</summary>
    public static long Own => Status("RssAnon") ?? Environment.WorkingSet;

    private static long? Status(string field)
    {
        const string File = "/proc/self/status";
        string? line = System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal)) : null;
        return line is null ? null : long.Parse(line[(field.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
