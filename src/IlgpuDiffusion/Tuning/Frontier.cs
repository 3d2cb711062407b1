using System.Text.Json;
using System.Text.Json.Serialization;

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

    /// <summary>Whether it was measured with the model that it is used for.</summary>
    public bool IsCalibrated { get; init; }

    private static Frontier Read()
    {
        using Stream stream = typeof(Frontier).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize(stream, FrontierJson.Default.Frontier)!;
    }
}

/// <summary>Its form as JSON.</summary>
[JsonSerializable(typeof(Frontier))]
internal sealed partial class FrontierJson : JsonSerializerContext;
