using System.Globalization;

namespace IlgpuDiffusion;

/// <summary>How like the exact picture a policy's is expected to be, from what others were.</summary>
/// <param name="Psnr">PSNR in dB; infinite for the same picture.</param>
/// <param name="IsMeasured">Whether pictures of this very policy were held against exact ones, rather than what its parts lose added up.</param>
/// <param name="IsCalibrated">Whether that was done with this very model and its adapters.</param>
public sealed record ExpectedLikeness(double Psnr, bool IsMeasured, bool IsCalibrated)
{
    /// <summary>By how much it differed from picture to picture: the standard deviation in dB; null where fewer than two were held against exact ones, or what parts lose was added up.</summary>
    public double? Spread { get; init; }

    /// <summary>With what it was measured, as people read it.</summary>
    public string MeasuredWith { get; init; } = "this model";

    /// <summary>One sentence for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"likeness: about {Text(Psnr, Spread)} from the exact picture ({(IsMeasured ? "measured" : "what its parts lose, added up, each measured")} with {MeasuredWith})");

    internal static string Text(double psnr, double? spread) => FormattableString.Invariant($"{psnr:0} dB") + (spread is { } differs ? FormattableString.Invariant($", give or take {differs:0},") : "");
}
