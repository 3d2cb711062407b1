using System.Globalization;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>A file with the number of a step's cases that its process has begun: what it was at is known however it ends.</summary>
internal sealed class CaseCount(string path)
{
    /// <summary>Says that so many have begun; a reader sees this number or the last.</summary>
    public void Write(int count)
    {
        string next = path + ".next";
        File.WriteAllText(next, count.ToString(CultureInfo.InvariantCulture));
        File.Move(next, path, overwrite: true);
    }

    /// <summary>How many have begun; 0 where nobody said.</summary>
    public int Read() => File.Exists(path) && int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out int count) ? count : 0;
}
