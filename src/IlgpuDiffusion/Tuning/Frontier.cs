using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Costs;

namespace IlgpuDiffusion.Tuning;

/// <summary>What was measured of a model: ways of computing less and the error of each, from which a budget's is chosen; or what is published of them.</summary>
/// <param name="Source">What it was measured with, or published for, as people read it.</param>
/// <param name="Pictures">How many pictures of each way were held against exact ones; 0 of what is published.</param>
/// <param name="Points">The ways.</param>
internal sealed record Frontier(string Source, int Pictures, IReadOnlyList<FrontierPoint> Points)
{
    // A searched schedule is the best of many on the pictures that it was measured with, which flatters it: by less than this, plain fewer steps are preferred.
    private const double Flattery = 0.5;

    /// <summary>For UNets that were not calibrated: measured with papercut, which is one. Which ways lose less is taken from it, how much is not.</summary>
    public static Frontier OfUNets { get; } = Read("default");

    /// <summary>What ships for papercut itself: the same, and what was measured at twice its trained side, where other ways lose least.</summary>
    public static IReadOnlyList<Frontier> OfPapercut { get; } = [OfUNets, Read("papercut-512")];

    /// <summary>For Stable Diffusion 3 and 3.5 that were not calibrated: what is published, the gentlest first.</summary>
    public static Frontier OfStableDiffusion3 { get; } = Read("sd3");

    /// <summary>For FLUX.1 that was not calibrated: what is published, the gentlest first.</summary>
    public static Frontier OfFlux { get; } = Read("flux");

    /// <summary>Whether its points are what others published, in the order in which they are to be taken.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsPublished { get; init; }

    /// <summary>The fingerprint of the weights that it was measured with, of what ships.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The bytes of that model's network, by which others are told from it before their weights are looked at.</summary>
    public long NetworkBytes { get; init; }

    /// <summary>With what it was measured; null of what is published.</summary>
    public CalibrationConditions? Conditions { get; init; }

    /// <summary>Whether it was measured with the very model that it is used for, with its adapters and sampler.</summary>
    [JsonIgnore]
    public bool IsCalibrated { get; init; }

    /// <summary>With what it was measured, as people read it where its likeness is that of the model at hand; null where it is not, and no likeness is known.</summary>
    [JsonIgnore]
    public string? MeasuredWith { get; init; }

    /// <summary>What no likeness is known of, as people read it.</summary>
    [JsonIgnore]
    public string NotWith { get; init; } = "this model";

    /// <summary>Its points, or some of them, the one that is expected to lose least first.</summary>
    public IEnumerable<FrontierPoint> InOrder(IEnumerable<FrontierPoint> points) => IsPublished ? points : points.OrderByDescending(point => point.Psnr + (point.IsPlain ? Flattery : 0));

    /// <summary>On what it rests that a way was chosen, as people read it.</summary>
    public string Basis(FrontierPoint? point) => MeasuredWith ?? (IsPublished ? $"as published, not measured with this model: {point?.From ?? Source}" : $"the order in which ways lose was measured with {Source}, not with {NotWith}");

    /// <summary>How like the exact picture a policy's is: as it was measured, or, as errors of independent parts add up, by those of its parts; null where one of them was not measured, or not with this model.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="evaluations">The evaluations that it runs.</param>
    public (double Psnr, double? Spread, bool IsMeasured)? Of(AccelerationPolicy policy, int evaluations)
    {
        if (policy.IsExact)
        {
            return (double.PositiveInfinity, null, true);
        }

        if (MeasuredWith is null)
        {
            return null;
        }

        // Seeds of attention's grids tell pictures apart, not their likeness, and the order of techniques nothing.
        if (Points.FirstOrDefault(point => point.Steps == policy.Steps && point.For(evaluations).Techniques is var own && own.Count == policy.Techniques.Count && own.All(policy.Techniques.Contains)) is { } measured)
        {
            return (measured.Psnr, measured.Spread, true);
        }

        FrontierPoint? recalled = Points.FirstOrDefault(point => point is { Pattern.Length: > 0, Policy: null } && point.Steps == policy.Steps && policy.Techniques.Contains(point.For(evaluations).Techniques[0]));
        List<FrontierPoint?> parts = recalled is not null ? [recalled] : policy.Steps == 1 ? [] : [Points.FirstOrDefault(point => point.IsPlain && point.Steps == policy.Steps)];
        parts.AddRange(policy.Techniques.Where(technique => recalled is null || !technique.Equals(recalled.For(evaluations).Techniques[0]))
            .Select(technique => Points.FirstOrDefault(point => point is { Steps: 1, Pattern: "" } && point.For(evaluations).Techniques is [var only] && only.Equals(technique))));
        return parts.All(part => part is not null) ? (Errors.Psnr(parts.Sum(part => Errors.MeanSquare(part!.Psnr))), null, false) : null;
    }

    private static Frontier Read(string name)
    {
        using Stream stream = typeof(Frontier).Assembly.GetManifestResourceStream($"IlgpuDiffusion.Tuning.{name}-frontier.json")!;
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

/// <summary>All that was measured of a model, each with another sampler, size, number of steps or guidance.</summary>
/// <param name="All">Them.</param>
internal sealed record Calibrations(IReadOnlyList<Frontier> All) : ISound
{
    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsSound => All is not null && All.All(frontier =>
        frontier is { Points: [_, ..], Conditions: { Sampler: not null, Prediction: not null, Steps: > 0, Width: > 0, Height: > 0 } conditions } && double.IsFinite(conditions.Guidance) && frontier.Points.All(point => point is { IsSound: true }));

    /// <summary>With one more, in the place of one of the same conditions.</summary>
    public Calibrations With(Frontier frontier) => new([.. All.Where(other => other.Conditions != frontier.Conditions), frontier]);
}

/// <summary>Their form as JSON.</summary>
[JsonSerializable(typeof(Frontier))]
[JsonSerializable(typeof(Calibrations))]
internal sealed partial class FrontierJson : JsonSerializerContext;
