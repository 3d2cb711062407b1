using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A light kernel chosen for an op's shapes: no wanted weight layout, and a time that memory traffic decides.</summary>
/// <param name="work">What it does.</param>
/// <param name="bind">Makes the launch for the operands' places and the layer's path.</param>
/// <param name="scratch">Bytes of arena while it runs.</param>
internal sealed class GpuPrepared(Work work, Func<Place[], string, Launch> bind, long scratch = 0) : Prepared
{
    /// <summary>What every launch takes, in seconds: a guess.</summary>
    public const double Always = 4e-6;

    // Bytes a second of a GPU's memory and operations a second of its plain units: guesses.
    private const double Bandwidth = 1e12, Speed = 1e13;

    /// <inheritdoc/>
    public override long Scratch => scratch;

    /// <inheritdoc/>
    public override TimeSpan Estimate => TimeSpan.FromSeconds(Always + Math.Max(work.Bytes / Bandwidth, work.Flops / Speed));

    /// <inheritdoc/>
    public override Launch Bind(ReadOnlySpan<Place> places, string path) => bind(places.ToArray(), path);
}
