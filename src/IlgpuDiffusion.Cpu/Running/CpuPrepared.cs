using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>A light kernel chosen for an op's shapes: no wanted weight layout, and a time that memory traffic decides.</summary>
/// <param name="work">What it does.</param>
/// <param name="bind">Makes the launch for the operands' places and the layer's path.</param>
/// <param name="scratch">Bytes of arena while it runs.</param>
/// <param name="seconds">The guess of its time, where neither memory traffic nor arithmetic alone decides.</param>
internal sealed class CpuPrepared(Work work, Func<Place[], string, Launch> bind, long scratch = 0, double? seconds = null) : Prepared
{
    /// <summary>Bytes a second of main memory, operations a second of two cores, and what every launch takes: guesses, as <see cref="KernelTime"/> says.</summary>
    private const double Bandwidth = 2e10, Speed = 1.5e11, Always = 3e-6;

    /// <inheritdoc/>
    public override long Scratch => scratch;

    /// <inheritdoc/>
    public override TimeSpan Estimate => TimeSpan.FromSeconds(seconds ?? Always + Math.Max(work.Bytes / Bandwidth, work.Flops / Speed));

    /// <inheritdoc/>
    public override Launch Bind(ReadOnlySpan<Place> places, string path) => bind(places.ToArray(), path);
}
