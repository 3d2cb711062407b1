namespace IlgpuDiffusion.Graphs.Devices;

/// <summary>How far two devices are apart on one result of one launch; a is the first's, b the second's.</summary>
/// <param name="Op">The op's name.</param>
/// <param name="Path">The layer.</param>
/// <param name="Run">How often this launch has run, this time included.</param>
/// <param name="Output">Which of the op's results.</param>
/// <param name="Type">Shape and element type of the result.</param>
/// <param name="Relative">‖a − b‖ / ‖a‖, Euclidean; infinite where only one of the two is a number.</param>
/// <param name="Peak">The largest |a − b|, in units of the root mean square of a.</param>
/// <param name="Largest">The largest |a − b| / (1 + |b|).</param>
/// <param name="Index">Where that is: [image, row, column, channel].</param>
/// <param name="First">a there.</param>
/// <param name="Second">b there.</param>
internal sealed record LaunchComparison(string Op, string Path, int Run, int Output, TensorType Type, double Relative, double Peak, double Largest, string Index, double First, double Second)
{
    /// <summary>How much larger a single element's difference may be than that of the whole result: rounding spreads evenly, a wrong tile or edge does not.</summary>
    public const double PeakFactor = 100;

    /// <summary>How far the devices are apart in terms of a tolerance for <see cref="Relative"/>: more than the tolerance departs.</summary>
    public double Distance => Math.Max(Relative, Peak / PeakFactor);
}
