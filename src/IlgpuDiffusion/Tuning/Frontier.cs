using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tuning;

/// <summary>What was measured of a model: ways of computing less and the error of each, from which a budget's is chosen.</summary>
/// <param name="Source">What it was measured with, as people read it.</param>
/// <param name="Pictures">How many pictures of each way were held against exact ones.</param>
/// <param name="Points">The ways.</param>
internal sealed record Frontier(string Source, int Pictures, IReadOnlyList<FrontierPoint> Points)
{
    private const string Resource = "IlgpuDiffusion.Tuning.default-frontier.json";

    /// <summary>What ships, for models that were not calibrated: measured with papercut.</summary>
    public static Frontier Default { get; } = Read();

    /// <summary>Whether it was measured with the very model that it is used for, with its adapters.</summary>
    [JsonIgnore]
    public bool IsCalibrated { get; init; }

    /// <summary>With what it was measured, as people read it where it is used.</summary>
    [JsonIgnore]
    public string MeasuredWith { get; init; } = "the model that ships; 'calibrate' measures this one";

    /// <summary>How like the exact picture a policy's is: as it was measured, or, as errors of independent parts add up, by those of its parts; null where one of them was not measured.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="evaluations">The evaluations that it runs.</param>
    public (double Psnr, bool IsMeasured)? Of(AccelerationPolicy policy, int evaluations)
    {
        if (policy.IsExact)
        {
            return (double.PositiveInfinity, true);
        }

        // Seeds of attention's grids tell pictures apart, not their likeness.
        AccelerationPolicy plain = new(policy.Techniques) { Steps = policy.Steps };
        if (Points.FirstOrDefault(point => point.For(evaluations).Equals(plain)) is { } measured)
        {
            return (measured.Psnr, true);
        }

        FrontierPoint? recalled = Points.FirstOrDefault(point => point is { Pattern.Length: > 0, Policy: null } && point.Steps == policy.Steps && policy.Techniques.Contains(point.For(evaluations).Techniques[0]));
        List<FrontierPoint?> parts = recalled is not null ? [recalled] : policy.Steps == 1 ? [] : [Points.FirstOrDefault(point => point.IsPlain && point.Steps == policy.Steps)];
        parts.AddRange(policy.Techniques.Where(technique => recalled is null || !technique.Equals(recalled.For(evaluations).Techniques[0]))
            .Select(technique => Points.FirstOrDefault(point => point is { Steps: 1, Pattern: "" } && point.For(evaluations).Techniques is [var only] && only.Equals(technique))));
        return parts.All(part => part is not null) ? (Errors.Psnr(parts.Sum(part => Errors.MeanSquare(part!.Psnr))), false) : null;
    }

    private static Frontier Read()
    {
        using Stream stream = typeof(Frontier).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize(stream, FrontierJson.Default.Frontier)!;
    }
}

/// <summary>PSNR and mean squares of errors, which add up where they are independent.</summary>
internal static class Errors
{
    /// <summary>The mean square of an error, of a range of 1, from its PSNR.</summary>
    public static double MeanSquare(double psnr) => Math.Pow(10, -psnr / 10);

    /// <summary>The PSNR in dB of a mean square.</summary>
    public static double Psnr(double meanSquare) => -10 * Math.Log10(meanSquare);
}

/// <summary>Its form as JSON.</summary>
[JsonSerializable(typeof(Frontier))]
internal sealed partial class FrontierJson : JsonSerializerContext;
