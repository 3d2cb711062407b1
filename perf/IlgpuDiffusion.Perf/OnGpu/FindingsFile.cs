namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>A file of findings, a line each, written as they are found, so that a process that ends in the middle leaves what it has.</summary>
internal sealed class FindingsFile(string path)
{
    /// <summary>Adds a finding and prints it.</summary>
    public void Add(Finding finding)
    {
        Console.WriteLine(finding);
        File.AppendAllText(path, finding.ToLine() + "\n");
    }

    /// <summary>All of them, those of other processes too.</summary>
    public IReadOnlyList<Finding> Read() => File.Exists(path) ? [.. File.ReadLines(path).Select(Finding.Parse).OfType<Finding>()] : [];

    /// <summary>The value of a measure that was taken, by its name.</summary>
    public static Func<string, double?> Measures(IEnumerable<Finding> findings)
    {
        Dictionary<string, double> values = [];
        foreach (Finding finding in findings.Where(f => f.Table == Finding.Measures && f.Numbers is { Count: > 0 }))
        {
            values[finding.Name] = finding.Numbers!.Values.First();
        }

        return name => values.TryGetValue(name, out double value) ? value : null;
    }
}
