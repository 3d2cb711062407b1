using System.Globalization;

namespace IlgpuDiffusion.Cpu;

/// <summary>What memory the machine has left.</summary>
internal static class HostMemory
{
    /// <summary>Bytes that can be allocated without driving the machine out of memory.</summary>
    public static long Available
    {
        get
        {
            GCMemoryInfo info = GC.GetGCMemoryInfo();
            long free = info.TotalAvailableMemoryBytes > 0 ? info.TotalAvailableMemoryBytes : long.MaxValue;
            if (OperatingSystem.IsLinux())
            {
                free = Math.Min(free, Line("/proc/meminfo", "MemAvailable:") is { } kibibytes ? kibibytes * 1024 : long.MaxValue);
                if (Number("/sys/fs/cgroup/memory.max") is { } limit && Number("/sys/fs/cgroup/memory.current") is { } used)
                {
                    // Cached files are given back under pressure.
                    long cached = Line("/sys/fs/cgroup/memory.stat", "inactive_file") ?? 0;
                    free = Math.Min(free, Math.Max(0, limit - used + cached));
                }
            }

            return free;
        }
    }

    private static long? Number(string file)
    {
        try
        {
            return File.Exists(file) && long.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long value) ? value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Line(string file, string name)
    {
        try
        {
            foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length > 1 && words[0] == name && long.TryParse(words[1], CultureInfo.InvariantCulture, out long value))
                {
                    return value;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A sandbox may hide the file.
        }

        return null;
    }
}
