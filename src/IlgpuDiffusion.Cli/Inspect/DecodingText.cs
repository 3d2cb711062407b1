using System.Globalization;

namespace IlgpuDiffusion.Cli;

/// <summary>What people read of decoding in parts.</summary>
internal static class DecodingText
{
    public static string Of(DecodingExplanation decoding) => string.Create(
        CultureInfo.InvariantCulture,
        $"pictures are decoded in {decoding.TilesOfParts.Count} part{(decoding.TilesOfParts.Count == 1 ? "" : "s")} of {string.Join(", ", decoding.TilesOfParts)} tiles: {Units.Bytes(decoding.Bytes)} beside the weights, {decoding.Work:0.0#} times the operations");
}
