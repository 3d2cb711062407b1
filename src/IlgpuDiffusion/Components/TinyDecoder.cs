using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>An opened tiny decoder.</summary>
internal sealed record TinyPart(AutoencoderTiny Model, WeightStore Weights);

/// <summary>The denoiser's latents to pictures by a tiny decoder, one picture at a time, on the lane's thread.</summary>
/// <param name="part">The decoder.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class TinyDecoder(TinyPart part, ComponentRunner runner) : Component<Grid>(part.Weights, runner, kept: 4)
{
    /// <summary>Latents [h, w, c] to a picture, [H, W, 3], not clamped.</summary>
    public float[] Decode(ReadOnlySpan<float> latents, Grid grid, CancellationToken cancellation)
    {
        using Run run = Begin(grid, cancellation);
        run.Set<float>("x", part.Model.Bounded(latents));
        run.Prepare(cancellation);
        return run.Read();
    }

    /// <inheritdoc/>
    protected override string Name(Grid key) => "tiny decoder";

    /// <inheritdoc/>
    protected override Executable Compile(Grid key, ComponentRunner runner)
    {
        ModelBuilder m = new(new Graph(), Weights);
        return runner.Compile([new Variant(part.Model.Decode(m, m.Graph.Input("x", new Shape(1, key.Height, key.Width, part.Model.Config.LatentChannels), Stage.Request)))]);
    }
}
