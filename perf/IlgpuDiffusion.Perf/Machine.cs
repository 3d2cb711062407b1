using System.Globalization;
using System.Runtime.InteropServices;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf;

/// <summary>What a number was measured on.</summary>
internal sealed record Machine(string Cpu, int Cores, string Vectors, double MemoryGiB, string System, string Runtime, string Date, string Load)
{
    public static Machine Read() => new(
        CpuModel(),
        CpuTopology.PhysicalCores,
        Simd.Level.ToString(),
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30),
        SystemName(),
        RuntimeInformation.FrameworkDescription,
        DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        LoadAverage());

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Cpu}, {Cores} cores, {Vectors}, {MemoryGiB:F0} GiB; {System}; {Runtime}; {Date}; load average before the run {Load}");

    /// <summary>What files are told apart by: measurements of processors with shorter vectors stand beside those with 512 bits.</summary>
    public static string Suffix => Simd.Level switch { SimdLevel.Vector512 => "", SimdLevel.Vector256 => "-avx2", SimdLevel.Vector128 => "-128", _ => "-scalar" };

    private static string CpuModel()
    {
        const string Info = "/proc/cpuinfo";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string SystemName()
    {
        const string Release = "/etc/os-release";
        string? line = File.Exists(Release) ? File.ReadLines(Release).FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.OSDescription : line["PRETTY_NAME=".Length..].Trim('"');
    }

    // Other work on the machine is the largest error of these numbers, so it is written beside them.
    private static string LoadAverage()
    {
        const string Load = "/proc/loadavg";
        return File.Exists(Load) ? File.ReadAllText(Load).Split(' ')[0] : "unknown";
    }
}
