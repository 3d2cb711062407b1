using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Two launches of one layer, one after the other.</summary>
/// <param name="path">The layer.</param>
/// <param name="first">The first.</param>
/// <param name="second">The second.</param>
internal sealed class LaunchPair(string path, Launch first, Launch second) : Launch(path)
{
    /// <summary>The second.</summary>
    public Launch Second => second;

    /// <inheritdoc/>
    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        first.Run(bases, cancellation);
        second.Run(bases, cancellation);
    }
}
