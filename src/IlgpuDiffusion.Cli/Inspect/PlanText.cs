using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>explain</c> prints of an acceleration plan: its variants, and which evaluation runs which.</summary>
internal static class PlanText
{
    public static void Write(TextWriter output, Explanation e)
    {
        AccelerationPlan plan = e.Plan;
        ComponentExplanation denoiser = e.Components.First(component => component.VariantOf.Count > 0);
        long exact = 0;
        List<string[]> rows = [["variant", "evaluations", "branches", "guidance", "ControlNets", "kept", "recalled", "FLOP a run"]];
        foreach (Graphs.Execution.ProgramReport program in denoiser.Executable.Programs.Where(program => program.Variant is not null))
        {
            RowStructure row = plan.Variants[program.Variant!.Value];
            exact = Math.Max(exact, program.Work.Flops);
            rows.Add(
            [
                Name(program.Variant.Value),
                denoiser.RunsOf(program).ToString(CultureInfo.InvariantCulture),
                row.Branches == Branches.Both ? "both" : row.Branches == Branches.Conditional ? "prompt" : "negative",
                row.Guidance.Action switch { GuidanceAction.Recall => "held", GuidanceAction.Keep => "kept", _ => row.Branches == Branches.Both ? "computed" : "none" },
                row.Controls == 0 ? "" : string.Join(", ", e.ControlNets.Where((_, i) => (row.Controls & (1 << i)) != 0).Select(control => control.Name)),
                Sites(plan, row, SiteAction.Keep),
                Sites(plan, row, SiteAction.Recall),
                Units.Operations(program.Work.Flops),
            ]);
        }

        TextTable.Write(output, e.ControlNets.Count > 0 ? rows : [.. rows.Select(row => row.Where((_, column) => column != 4).ToArray())], e.ControlNets.Count > 0 ? "lrlllllr" : "lrllllr");
        output.WriteLine($"evaluations: {string.Join(' ', plan.VariantOf.Select(Name))}");
        long all = denoiser.Flops;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(double)all / (exact * plan.VariantOf.Count):0%} of the work of {plan.VariantOf.Count} evaluations of the costliest variant"));
    }

    // A, B, C … as many as there are usually; then numbers.
    private static string Name(int variant) => variant < 26 ? ((char)('A' + variant)).ToString() : variant.ToString(CultureInfo.InvariantCulture);

    private static string Sites(AccelerationPlan plan, RowStructure row, SiteAction action)
    {
        LayerSite[] sites = [.. plan.Sites.Where(site => row[site].Action == action)];
        return sites.Length switch
        {
            0 => "",
            1 => sites[0].Path,
            _ => string.Join(", ", sites.GroupBy(site => site.Kind).Select(kind => $"{kind.Count()} {Kind(kind.Key)}")),
        };
    }

    private static string Kind(SiteKind kind) => kind switch
    {
        SiteKind.SelfAttention => "self-attention",
        SiteKind.CrossAttention => "cross-attention",
        SiteKind.UpLayer => "up layers",
        SiteKind.Block => "blocks",
        _ => kind.ToString(),
    };
}
