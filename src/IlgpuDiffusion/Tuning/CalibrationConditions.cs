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
    /// <summary>
    /// Whether likeness that was measured with others is that of these, too: the sampler, its schedule and what is predicted say how an error of one prediction goes on to the end. Steps, size and guidance
    /// change how much is lost, less than they change in which order, and are said beside it.
    /// </summary>
    public bool IsLike(CalibrationConditions other) => (Sampler, Schedule, Prediction) == (other.Sampler, other.Schedule, other.Prediction);

    /// <summary>How far away another measurement is, whose order is to be taken: first of all another sampler, then factors e of steps, of pixels and of guidance.</summary>
    public double Far(CalibrationConditions other) =>
        (IsLike(other) ? 0 : 100) + (Sampler == other.Sampler ? 0 : 100) + Math.Abs(Math.Log((double)Steps / other.Steps)) + Math.Abs(Math.Log((double)Width * Height / (other.Width * other.Height)))
        + Math.Abs(Math.Log(Math.Max(1, Guidance) / Math.Max(1, other.Guidance)));

    /// <summary>The sampler and its schedule.</summary>
    [JsonIgnore]
    public string SamplerText => Schedule is null ? Sampler : $"{Sampler} {Schedule}";

    /// <summary>All else.</summary>
    [JsonIgnore]
    public string Text => string.Create(CultureInfo.InvariantCulture, $"at {Width}x{Height} in {Steps} steps{(Guidance == 1 ? "" : $", guidance {Guidance:0.##}")}");
}
