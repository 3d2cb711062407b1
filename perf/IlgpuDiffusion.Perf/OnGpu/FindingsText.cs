namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>Findings as Markdown.</summary>
internal static class FindingsText
{
    /// <summary>Says everything: a section for each step, in order; in it its sentences, its tables, what failed.</summary>
    public static void Describe(Report report, IReadOnlyList<Finding> findings, IEnumerable<GpuStep> steps)
    {
        foreach (GpuStep step in steps)
        {
            Finding[] mine = [.. findings.Where(f => f.Step == step.Name && f.Table != Finding.Measures)];
            if (mine.Length == 0)
            {
                continue;
            }

            report.Say($"## {step.Title}");
            foreach (IGrouping<string, Finding> table in mine.Where(f => f.Error is null).GroupBy(f => f.Table))
            {
                Describe(report, table.Key, [.. table]);
            }

            foreach (Finding failed in mine.Where(f => f.Error is not null))
            {
                report.Say($"**Failed**: {failed.Table} {failed.Name}: {failed.Error}");
            }
        }
    }

    private static void Describe(Report report, string table, Finding[] rows)
    {
        if (table.Length == 0)
        {
            report.Say(string.Join("; ", rows.Select(row => $"{row.Name}{(row.Note is null ? "" : $": {row.Note}")}{(row.Numbers is null ? "" : ": " + string.Join(", ", row.Numbers.Select(n => $"{n.Key} {Digits.Of(n.Value)}")))}")) + ".");
            return;
        }

        string[] columns = [.. rows.SelectMany(row => row.Numbers?.Keys ?? Enumerable.Empty<string>()).Distinct()];
        bool notes = rows.Any(row => row.Note is not null);
        report.Table(
            [table, .. columns, .. notes ? ["note"] : (string[])[]],
            rows.Select(row => (string[])[row.Name, .. columns.Select(c => row.Numbers is not null && row.Numbers.TryGetValue(c, out double value) ? Digits.Of(value) : ""), .. notes ? [row.Note ?? ""] : (string[])[]]));
    }
}
