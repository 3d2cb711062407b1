using System.Globalization;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>Findings as Markdown.</summary>
internal static class FindingsText
{
    /// <summary>A number to three or four digits.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        double.NaN or double.PositiveInfinity => value.ToString(CultureInfo.InvariantCulture),
        0 => "0",
        >= 100 => value.ToString("F0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("F2", CultureInfo.InvariantCulture),
        >= 0.001 => value.ToString("G3", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##E+0", CultureInfo.InvariantCulture),
    };

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
            report.Say(string.Join("; ", rows.Select(row => $"{row.Name}{(row.Note is null ? "" : $": {row.Note}")}{(row.Numbers is null ? "" : ": " + string.Join(", ", row.Numbers.Select(n => $"{n.Key} {Number(n.Value)}")))}")) + ".");
            return;
        }

        string[] columns = [.. rows.SelectMany(row => row.Numbers?.Keys ?? Enumerable.Empty<string>()).Distinct()];
        bool notes = rows.Any(row => row.Note is not null);
        report.Table(
            [table, .. columns, .. notes ? ["note"] : (string[])[]],
            rows.Select(row => (string[])[row.Name, .. columns.Select(c => row.Numbers is not null && row.Numbers.TryGetValue(c, out double value) ? Number(value) : ""), .. notes ? [row.Note ?? ""] : (string[])[]]));
    }
}
