using System.Globalization;
using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Tuning;

/// <summary>With what a model was measured.</summary>
/// <param name="Sampler">The sampler's label.</param>
/// <param name="Schedule">The schedule's label; null for the model's own.</param>
/// <param name="Prediction">What the network predicts.</param>
/// <param name="Steps">The steps.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Guidance">The scale of guidance.</param>
internal sealed record CalibrationConditions(string Sampler, string? Schedule, string Prediction, int Steps, int Width, int Height, double Guidance)
{
    /// <summary>What the sampler computes (<see cref="SamplerFingerprint"/>): the same where neither a setting, such as shift or eta, nor the model's files change it. Null of what was measured before that was told, without settings.</summary>
    public string? Moves { get; init; }

    /// <summary>Settings of the sampler, as people read them; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Settings { get; init; }

    /// <summary>What else shapes a picture on its way, such as a start picture or a ControlNet, as people read it; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Beside { get; init; }

    /// <summary>The sampler with its schedule and settings.</summary>
    [JsonIgnore]
    public string SamplerText => $"{Sampler}{(Schedule is null ? "" : $" {Schedule}")}{(Settings is null ? "" : $", {Settings}")}";

    /// <summary>
    /// Whether likeness that was measured with others is that of these, too: the sampler, its schedule and settings, and what is predicted say how an error of one prediction goes on to the end. Steps, size,
    /// guidance and what stands beside it change how much is lost, less than they change in which order, and are said.
    /// </summary>
    public bool IsLike(CalibrationConditions other) =>
        (Sampler, Schedule, Prediction) == (other.Sampler, other.Schedule, other.Prediction) && (Moves is null || other.Moves is null ? Settings is null && other.Settings is null : Moves == other.Moves);

    /// <summary>How far away another measurement is, whose order is to be taken: first of all another sampler, then its schedule and settings, then factors e of steps, of pixels and of guidance.</summary>
    public double Far(CalibrationConditions other) =>
        (IsLike(other) ? 0 : 100) + (Sampler == other.Sampler ? 0 : 100) + (Beside == other.Beside ? 0 : 1)
        + Math.Abs(Math.Log((double)Steps / other.Steps)) + Math.Abs(Math.Log((double)Width * Height / (other.Width * other.Height))) + Math.Abs(Math.Log(Math.Max(1, Guidance) / Math.Max(1, other.Guidance)));

    /// <summary>The sampler of these where others had an unlike one: by its name where that tells them apart.</summary>
    public string Unlike(CalibrationConditions measured) => SamplerText == measured.SamplerText ? $"{SamplerText} as the model's files set it now" : SamplerText;

    /// <summary>All but the sampler.</summary>
    [JsonIgnore]
    public string Text => string.Create(CultureInfo.InvariantCulture, $"at {Width}x{Height} in {Steps} steps{(Guidance == 1 ? "" : $", guidance {Guidance:0.##}")}{(Beside is null ? "" : $", {Beside}")}");

    /// <summary>The same of what was measured, for others whose likeness it is to be.</summary>
    public string TextFor(CalibrationConditions asked) => Text + (asked.Beside is null || asked.Beside == Beside ? "" : $", without {asked.Beside}");
}
