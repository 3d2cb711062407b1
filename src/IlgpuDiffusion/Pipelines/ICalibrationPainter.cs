using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Paints the pictures of a calibration.</summary>
internal interface ICalibrationPainter
{
    /// <summary>Seconds beside the evaluations over those of the exact evaluations.</summary>
    double Beside { get; }

    /// <summary>A way with its cost.</summary>
    FrontierPoint Costed(FrontierPoint way);

    /// <summary>Whether this network and this run allow a way, and it does anything to them.</summary>
    bool Allows(FrontierPoint way);

    /// <summary>Paints a picture as it is; first of all of them.</summary>
    /// <param name="picture">Its number.</param>
    RecordedRun Exact(int picture);

    /// <summary>Paints a picture in a way, and holds it against the exact one.</summary>
    /// <param name="picture">Its number.</param>
    /// <param name="way">The way.</param>
    Painted Paint(int picture, FrontierPoint way);
}

/// <summary>A picture of a calibration.</summary>
/// <param name="Psnr">PSNR against the exact one, in dB.</param>
/// <param name="Apart">The mean square of what its latents are off at the end.</param>
/// <param name="Recorded">What the network predicted.</param>
internal sealed record Painted(double Psnr, double Apart, RecordedRun Recorded);
