using System.Text.Json.Serialization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tuning;

/// <summary>A way of computing less, and how near its pictures came to the exact ones, or what is published of it.</summary>
/// <param name="Steps">The share of the steps that are taken.</param>
/// <param name="Pattern">Which evaluations compute (<see cref="RecallPattern"/>); empty for all.</param>
/// <param name="Policy">What else is done, a policy's JSON; null for nothing.</param>
/// <param name="Psnr">PSNR against the exact pictures in dB, the mean over the pictures; 0 for a published way.</param>
internal sealed record FrontierPoint(double Steps, string Pattern, string? Policy, double Psnr)
{
    /// <summary>How predictions are foreseen that a pattern leaves out.</summary>
    public ForecastKind How { get; init; }

    /// <summary>Of a published way: where and with what result, as people read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    /// <summary>The seconds of its evaluations over those of the exact ones, by the cost model where it was measured; 0 where that is not known.</summary>
    public double Cost { get; init; }

    /// <summary>Of a combination: the PSNR that errors of its parts, added up, had let expect; null for a single way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Expected { get; init; }

    /// <summary>How many pictures it was painted for: of fewer than others its likeness is put on the scale of theirs (<see cref="CalibrationSheet"/>). 0 for a published way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Pictures { get; init; }

    /// <summary>Whether it is fewer steps and nothing else.</summary>
    [JsonIgnore]
    public bool IsPlain => Pattern.Length == 0 && Policy is null;

    /// <summary>Whether it leaves branches of guidance out.</summary>
    [JsonIgnore]
    public bool Guides => Policy is not null && AccelerationPolicy.Parse(Policy).Techniques.Any(technique => technique.Phase == TechniquePhase.Guidance);

    /// <summary>Whether it can be asked for and weighed; those of a damaged file may be anything.</summary>
    [JsonIgnore]
    public bool IsSound
    {
        get
        {
            try
            {
                return Steps is > 0 and <= 1 && Cost >= 0 && double.IsFinite(Cost) && double.IsFinite(Psnr) && Pattern is not null && RecallPattern.IsSound(Pattern) && (Policy is null || !AccelerationPolicy.Parse(Policy).IsExact);
            }
            catch (PolicyException)
            {
                return false;
            }
        }
    }

    /// <summary>Whether another is the same way, whatever was measured of it.</summary>
    public bool IsAs(FrontierPoint other) => (Steps, Pattern, Policy) == (other.Steps, other.Pattern, other.Policy) && (How == other.How || Pattern.Length == 0);

    /// <summary>What is asked of a run.</summary>
    /// <param name="evaluations">The evaluations that the run has with its share of the steps.</param>
    public AccelerationPolicy For(int evaluations)
    {
        AccelerationPolicy policy = Policy is null ? AccelerationPolicy.Exact : AccelerationPolicy.Parse(Policy);
        ITechnique[] recalled = Pattern.Length == 0 ? [] : [RecallPattern.Cache(RecallPattern.For(Pattern, evaluations), How.Forecast())];
        return new AccelerationPolicy([.. policy.Techniques, .. recalled]) { Seed = policy.Seed, Steps = Steps };
    }
}
