using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion;

/// <summary>What was chosen for a budget.</summary>
/// <param name="Budget">What was asked.</param>
/// <param name="Policy">What was chosen; <see cref="AccelerationPolicy.Exact"/> where the exact request keeps to the budget.</param>
/// <param name="Seconds">What a picture is expected to take.</param>
/// <param name="ExactSeconds">What an exact one is.</param>
/// <param name="Psnr">The likeness to the exact picture that is expected, in dB: what other pictures of the model had; infinite for the exact picture, null where it was not measured with this model.</param>
public sealed record AccelerationChoice(AccelerationBudget Budget, AccelerationPolicy Policy, double Seconds, double ExactSeconds, double? Psnr)
{
    /// <summary>By how much the likeness differed from picture to picture: the standard deviation in dB; null where fewer than two pictures were held against exact ones, and of the exact picture.</summary>
    public double? PsnrSpread { get; init; }

    /// <summary>Whether the likeness was measured with this very model and its adapters.</summary>
    public bool IsCalibrated { get; init; }

    /// <summary>With what it was measured, or, where it was not, on what the choice rests, as people read it.</summary>
    public string MeasuredWith { get; init; } = "this model";

    /// <summary>What is done, in words.</summary>
    public required string Does { get; init; }

    /// <summary>One sentence for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"budget {Budget}: {Does}; expected {Seconds:0.0##} s, {ExactSeconds / Seconds:0.00} times as fast as exact, {Likeness}");

    private string Likeness => Psnr switch
    {
        null => $"how like its picture is not known ({MeasuredWith}; 'calibrate' measures it)",
        double.PositiveInfinity => "the same picture",
        { } psnr => $"about {ExpectedLikeness.Text(psnr, PsnrSpread)} from its picture (measured with {MeasuredWith})",
    };
}
