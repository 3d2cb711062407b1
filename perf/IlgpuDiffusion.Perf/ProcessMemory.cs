using System.Diagnostics;
using System.Globalization;

namespace IlgpuDiffusion.Perf;

/// <summary>What the operating system says of this process's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>The most bytes of memory that the process ever held at once, with the pages of mapped files.</summary>
    public static long Peak => PeakOf(Environment.ProcessId);

    /// <summary>The same of another process.</summary>
    public static long PeakOf(int process) => Status("VmHWM", process) ?? Process.GetProcessById(process).PeakWorkingSet64;

    /// <summary>Begins a process's high-water mark anew, where the system can.</summary>
    public static void ForgetPeak(int process)
    {
        string file = $"/proc/{process}/clear_refs";
        if (File.Exists(file))
        {
            File.WriteAllText(file, "5");
        }
    }

    /// <summary>Bytes held now in pages of mapped files.</summary>
    public static long Mapped => Status("RssFile") ?? 0;

    /// <summary>Bytes held now in memory of its own.</summary>
    public static long Own => Status("RssAnon") ?? Environment.WorkingSet;

    private static long? Status(string field, int? process = null)
    {
        string file = $"/proc/{process ?? Environment.ProcessId}/status";
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal)) : null;
        return line is null ? null : long.Parse(line[(field.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
