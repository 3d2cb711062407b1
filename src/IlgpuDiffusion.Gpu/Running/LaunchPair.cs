using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Two launches of a layer, one behind the other.</summary>
internal sealed class LaunchPair(Launch first, Launch second) : Launch(second.Path)
{
    /// <inheritdoc/>
    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        first.Run(bases, cancellation);
        second.Run(bases, cancellation);
    }
}
