using System.Runtime.Intrinsics.X86;

namespace IlgpuDiffusion.Cpu;

/// <summary>What the machine has.</summary>
internal static class CpuTopology
{
    private const string LinuxCpus = "/sys/devices/system/cpu";

    /// <summary>
    /// Physical cores that this process may use, at least 1: a second thread of a core adds nothing to FMA-bound code and takes half of its cache.
    /// </summary>
    public static int PhysicalCores { get; } = Math.Clamp(CountCores(), 1, Environment.ProcessorCount);

    private static int CountCores()
    {
        if (OperatingSystem.IsLinux() && Directory.Exists(LinuxCpus))
        {
            try
            {
                HashSet<string> siblings = [];
                foreach (string folder in Directory.EnumerateDirectories(LinuxCpus, "cpu*"))
                {
                    string list = Path.Combine(folder, "topology", "thread_siblings_list");
                    if (File.Exists(list))
                    {
                        siblings.Add(File.ReadAllText(list));
                    }
                }

                if (siblings.Count > 0)
                {
                    return siblings.Count;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A sandbox may hide the folder; the processor itself is asked then.
            }
        }

        // Leaf 0x0B, level 0: logical processors of one core.
        if (X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 0x0B)
        {
            int perCore = X86Base.CpuId(0x0B, 0).Ebx & 0xFFFF;
            return Environment.ProcessorCount / Math.Max(perCore, 1);
        }

        return Environment.ProcessorCount;
    }
}
