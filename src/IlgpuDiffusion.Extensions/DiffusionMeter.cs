using System.Diagnostics.Metrics;

namespace IlgpuDiffusion.Extensions;

/// <summary>
/// What is measured of requests, under the meter <see cref="Name"/>; every instrument has the tag <c>model</c>.
/// <list type="table">
/// <item><term>ilgpu_diffusion.request.duration</term><description>Seconds from asking to the last picture, waiting included; <c>error.type</c> where there was none.</description></item>
/// <item><term>ilgpu_diffusion.request.active</term><description>Requests that wait or run.</description></item>
/// <item><term>ilgpu_diffusion.phase.duration</term><description>Seconds of a request's <c>phase</c>: text, denoising, decoding.</description></item>
/// <item><term>ilgpu_diffusion.pictures</term><description>Finished pictures.</description></item>
/// </list>
/// </summary>
public sealed class DiffusionMeter : IDisposable
{
    /// <summary>The meter's name, for <c>AddMeter</c>.</summary>
    public const string Name = "IlgpuDiffusion";

    private readonly Meter _meter;

    /// <summary>Makes the instruments.</summary>
    /// <param name="factory">The application's meters.</param>
    public DiffusionMeter(IMeterFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _meter = factory.Create(Name);
        Duration = _meter.CreateHistogram<double>("ilgpu_diffusion.request.duration", "s", "From asking to the last picture, waiting included.");
        Active = _meter.CreateUpDownCounter<long>("ilgpu_diffusion.request.active", "{request}", "Requests that wait or run.");
        Phase = _meter.CreateHistogram<double>("ilgpu_diffusion.phase.duration", "s", "Where a request's time went.");
        Pictures = _meter.CreateCounter<long>("ilgpu_diffusion.pictures", "{picture}", "Finished pictures.");
    }

    internal Histogram<double> Duration { get; }

    internal UpDownCounter<long> Active { get; }

    internal Histogram<double> Phase { get; }

    internal Counter<long> Pictures { get; }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
