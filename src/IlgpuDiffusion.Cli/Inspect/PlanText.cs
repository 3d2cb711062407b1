using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>explain</c> prints of an acceleration plan: its variants, which evaluation runs which, and why techniques do nothing somewhere.</summary>
internal static class PlanText
{
    public static void Write(TextWriter output, Explanation e)
    {
        AccelerationPlan plan = e.Plan;
        ComponentExplanation denoiser = e.Components.First(component => component.VariantOf.Count > 0);
        List<string[]> rows = [["variant", "evaluations", "branches", "guidance", "ControlNets", "kept", "recalled", "attention", "FLOP a run"]];
        foreach (Graphs.Execution.ProgramReport program in denoiser.Executable.Programs.Where(program => program.Variant is not null))
        {
            RowStructure row = plan.Variants[program.Variant!.Value];
            rows.Add(
            [
                Name(program.Variant.Value),
                denoiser.RunsOf(program).ToString(CultureInfo.InvariantCulture),
                row.Branches == Branches.Both ? "both" : row.Branches == Branches.Conditional ? "prompt" : "negative",
                row.Guidance.Action switch { GuidanceAction.Recall => "held", GuidanceAction.Keep => "kept", _ => row.Branches == Branches.Both ? "computed" : "none" },
                string.Join(", ", e.ControlNets.Where((_, i) => (row.Controls & (1 << i)) != 0).Select(control => control.Name)),
                Sites(plan, row, SiteAction.Keep),
                Sites(plan, row, SiteAction.Recall),
                Attention(plan, row),
                Units.Operations(program.Work.Flops),
            ]);
        }

        // A column that says nothing is left out.
        int[] columns = [.. Enumerable.Range(0, rows[0].Length).Where(c => rows.Skip(1).Any(row => row[c].Length > 0))];
        TextTable.Write(output, [.. rows.Select(row => columns.Select(c => row[c]).ToArray())], string.Concat(columns.Select(c => "lrllllllr"[c])));
        output.WriteLine($"evaluations: {Runs(plan.VariantOf)}");
        foreach (PlanNote note in plan.Notes)
        {
            output.WriteLine(note);
        }
    }

    // A, B, C … as many as there are usually; then numbers.
    private static string Name(int variant) => variant < 26 ? ((char)('A' + variant)).ToString() : variant.ToString(CultureInfo.InvariantCulture);

    private static string Runs(IReadOnlyList<int> variants) => string.Join(' ', variants.Select(Name));

    private static string Sites(AccelerationPlan plan, RowStructure row, SiteAction action) => Named([.. plan.Sites.Where(site => row[site].Action == action)]);

    private static string Attention(AccelerationPlan plan, RowStructure row)
    {
        string[] does =
        [
            Does("in tiles", site => row[site].Attention is { Tiles: > 0 }),
            Does("fewer keys", site => row[site].Attention is { Keys: not null }),
            Does("merged", site => row[site].Attention is { Merge: not null }),
            Does("smaller grid", site => row[site].Resize is not null),
        ];
        return string.Join("; ", does.Where(one => one.Length > 0));

        string Does(string what, Func<LayerSite, bool> where) => plan.Sites.Count(where) is > 0 and int count ? $"{count} {what}" : "";
    }

    private static string Named(LayerSite[] sites) => sites.Length switch
    {
        0 => "",
        1 => sites[0].Path,
        _ => string.Join(", ", sites.GroupBy(site => site.Kind).Select(kind => $"{kind.Count()} {LayerText.Kind(kind.Key)}")),
    };
}
