using System.Globalization;

namespace IlgpuDiffusion.Requests;

/// <summary>A ControlNet that a picture was made with, as sd-webui-controlnet writes it under <c>ControlNet 0</c>, <c>ControlNet 1</c> …</summary>
/// <param name="Model">Its name.</param>
/// <param name="Strength">How strongly it was followed.</param>
/// <param name="Start">From which part of the schedule on.</param>
/// <param name="End">To which part.</param>
/// <param name="ImageHash">The first digits of its picture's hash (<see cref="Imaging.ImageHash"/>); null where it is not said.</param>
public sealed record ControlNetMetadata(string Model, double Strength, double Start, double End, string? ImageHash)
{
    /// <summary>The setting of the first one is <c>ControlNet 0</c>.</summary>
    internal const string Key = "ControlNet ";

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"Model: {Model.Replace(',', '_')}, Weight: {Strength}, Guidance Start: {Start}, Guidance End: {End}{(ImageHash is null ? "" : $", Image hash: {ImageHash}")}");

    /// <summary>Reads what <see cref="ToString"/> or sd-webui-controlnet has written; null for anything else.</summary>
    internal static ControlNetMetadata? Parse(string text)
    {
        Dictionary<string, string> fields = [];
        foreach (string field in text.Split(','))
        {
            int colon = field.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                fields[field[..colon].Trim().ToUpperInvariant()] = field[(colon + 1)..].Trim();
            }
        }

        double? Number(string name, double fallback) => !fields.TryGetValue(name, out string? value) ? fallback
            : double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;
        return fields.TryGetValue("MODEL", out string? model) && Number("WEIGHT", 1) is { } strength && Number("GUIDANCE START", 0) is { } start && Number("GUIDANCE END", 1) is { } end
            ? new ControlNetMetadata(model, strength, start, end, fields.GetValueOrDefault("IMAGE HASH")) : null;
    }
}
