using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>explain --json</c> prints, one object. Times are in seconds.</summary>
internal sealed record ExplanationJson(
    string Model, string Family, string Device, string Type, int Width, int Height, int Images, string Sampler, string? Schedule, double CfgScale, int Branches, int Steps, int AskedSteps, int Evaluations,
    IReadOnlyList<string> Warnings, ExplanationJson.ChoiceJson? Choice, ExplanationJson.LikenessJson? Likeness, IReadOnlyList<ExplanationJson.ControlNetJson> ControlNets, IReadOnlyList<ExplanationJson.ProgramJson> Programs, ExplanationJson.PlanJson Plan, IReadOnlyList<ExplanationJson.LayerJson> Layers,
    long Flops, ExplanationJson.TimesJson Expected, double MeasuredShare, ExplanationJson.MemoryJson Memory, ExplanationJson.DecodingJson? Decoding)
{
    private static readonly ExplanationJsonContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Of(DiffusionPipeline pipeline, Explanation e)
    {
        AccelerationPlan plan = e.Plan;
        return JsonSerializer.Serialize(
            new ExplanationJson(
                pipeline.ModelName, e.Family, pipeline.DeviceName, e.Type.StorageName(), e.Width, e.Height, e.Images, e.Sampler, e.Schedule, e.CfgScale, e.Branches, e.Steps, e.AskedSteps, e.Evaluations, e.Warnings,
                e.Choice is { } choice ? new ChoiceJson(choice.Budget.ToString(), choice.Policy.ToJson(), choice.Does, Rounded(choice.Seconds), Rounded(choice.ExactSeconds), Finite(choice.Psnr), choice.IsCalibrated, choice.MeasuredWith) : null,
                e.Likeness is { } likeness ? new LikenessJson(Finite(likeness.Psnr), likeness.IsCalibrated, likeness.IsMeasured, likeness.MeasuredWith) : null,
                [.. e.ControlNets.Select(control => new ControlNetJson(control.Name, control.Strength, control.Evaluations))],
                [.. e.Components.SelectMany(c => c.Executable.Programs.Zip(c.Costs).Where(p => p.First.Launches.Count > 0).Select(p => new ProgramJson(c.Name, p.First.Name, c.RunsOf(p.First), p.First.Launches.Count, p.First.Work.Flops, p.First.Work.Bytes, p.First.ArenaBytes, Rounded(p.Second.Seconds))))],
                new PlanJson([.. plan.Variants.Select(row => Variant(plan, row))], plan.VariantOf, [.. plan.Notes.Select(note => new NoteJson(note.Technique, note.Text))]),
                [.. e.Layers.Select(layer => new LayerJson(
                    layer.Path, layer.Kind is { } kind ? JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()) : null, layer.Depth, layer.Width, layer.Height, layer.ExactTokens, layer.Tokens, layer.ExactKeys, layer.Keys, layer.ExactEvaluations, layer.Computed,
                    layer.ExactFlops, layer.Flops, Rounded(layer.ExactExpected.TotalSeconds), Rounded(layer.Expected.TotalSeconds)))],
                e.Flops, new TimesJson(Rounded(e.Expected.Total.TotalSeconds), Rounded(e.Expected.Text.TotalSeconds), Rounded(e.Expected.Denoising.TotalSeconds), Rounded(e.Expected.Decoding.TotalSeconds)), Math.Round(e.MeasuredShare, 3),
                new MemoryJson(e.MappedWeightBytes, e.PreparedWeightBytes, e.EarlyWeightBytes, e.StreamedWeightBytes, e.ArenaBytes, e.RunBytes, e.PeakBytes),
                e.Decoding is { } decoding ? new DecodingJson(decoding.TilesOfParts, decoding.Bytes, Math.Round(decoding.Work, 3)) : null),
            Context.ExplanationJson);
    }

    private static VariantJson Variant(AccelerationPlan plan, RowStructure row) => new(
        JsonNamingPolicy.CamelCase.ConvertName(row.Branches.ToString()), JsonNamingPolicy.CamelCase.ConvertName(row.Guidance.Action.ToString()),
        [.. plan.Sites.Where(site => row[site] != default).Select(site => new SiteJson(
            site.Path, JsonNamingPolicy.CamelCase.ConvertName(site.Kind.ToString()), JsonNamingPolicy.CamelCase.ConvertName(row[site].Action.ToString()),
            row[site].Attention is { Tiles: > 0 } tiled ? tiled.Tiles : null, row[site].Attention?.Keys is { } keys ? [keys.Grid.Width, keys.Grid.Height] : null, row[site].Attention?.Merge?.Merged,
            row[site].Resize is { } resize ? [resize.To.Grid.Width, resize.To.Grid.Height] : null))]);

    private static double Rounded(double seconds) => Math.Round(seconds, 6);

    private static double? Finite(double? psnr) => psnr is { } known && double.IsFinite(known) ? Math.Round(known, 2) : null;

    internal sealed record ChoiceJson(string Budget, string Policy, string Does, double Seconds, double ExactSeconds, double? Psnr, bool Calibrated, string Basis);

    internal sealed record LikenessJson(double? Psnr, bool Calibrated, bool Measured, string Basis);

    internal sealed record ControlNetJson(string Name, double Strength, int Evaluations);

    internal sealed record ProgramJson(string Part, string Program, int Runs, int Launches, long Flops, long Bytes, long ArenaBytes, double ExpectedSeconds);

    internal sealed record PlanJson(IReadOnlyList<VariantJson> Variants, IReadOnlyList<int> VariantOf, IReadOnlyList<NoteJson> Notes);

    internal sealed record VariantJson(string Branches, string Guidance, IReadOnlyList<SiteJson> Sites);

    internal sealed record SiteJson(string Path, string Kind, string Action, int? Tiles, int[]? Keys, int? Merged, int[]? Grid);

    internal sealed record NoteJson(string Technique, string Text);

    internal sealed record LayerJson(
        string Path, string? Kind, int? Depth, int Width, int Height, int ExactTokens, int Tokens, int ExactKeys, int Keys, int ExactEvaluations, int Computed, long ExactFlops, long Flops, double ExactSeconds, double Seconds);

    internal sealed record TimesJson(double Total, double Text, double Denoising, double Decoding);

    internal sealed record MemoryJson(long MappedWeights, long PreparedWeights, long EarlyWeights, long StreamedWeights, long Arena, long Run, long Peak);

    internal sealed record DecodingJson(IReadOnlyList<int> TilesOfParts, long Bytes, double Work);
}

[JsonSerializable(typeof(ExplanationJson))]
internal sealed partial class ExplanationJsonContext : JsonSerializerContext;
