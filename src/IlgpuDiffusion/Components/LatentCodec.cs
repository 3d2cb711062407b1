using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>A form of the autoencoder: decoder or encoder for latents of a height and width.</summary>
internal sealed record CodecKey(int Height, int Width, bool Encode = false);

/// <summary>Pictures to the denoiser's latents and back, one picture at a time, on the lane's thread.</summary>
/// <param name="model">The autoencoder.</param>
/// <param name="weights">Its weights.</param>
/// <param name="types">The types that its activations fit in; asked for another, it takes F32.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class LatentCodec(AutoencoderKl model, WeightStore weights, IReadOnlyList<ElementType> types, ComponentRunner runner)
    : Component<CodecKey>(weights, types.Contains(runner.Type) ? runner : runner with { Type = ElementType.F32 }, kept: 6)
{
    /// <summary>Latents [h, w, c] to a picture in [0, 1], [H, W, 3], clamped.</summary>
    public float[] Decode(ReadOnlySpan<float> latents, int height, int width, CancellationToken cancellation)
    {
        float[] pixels = Once(new CodecKey(height, width), latents, cancellation);
        for (int i = 0; i < pixels.Length; i++)
        {
            // NaN stays NaN, so that it is found rather than painted.
            pixels[i] = Math.Clamp(pixels[i] / 2 + 0.5f, 0, 1);
        }

        return pixels;
    }

    /// <summary>A picture to latents [h, w, c]: the mean of the encoder's distribution.</summary>
    /// <param name="pixels">[H, W, 3] in [0, 1].</param>
    /// <param name="height">Rows of latents.</param>
    /// <param name="width">Columns of latents.</param>
    /// <param name="cancellation">Observed between work items.</param>
    public float[] Encode(ReadOnlySpan<float> pixels, int height, int width, CancellationToken cancellation)
    {
        float[] signed = new float[pixels.Length];
        for (int i = 0; i < signed.Length; i++)
        {
            signed[i] = pixels[i] * 2 - 1;
        }

        return Once(new CodecKey(height, width, Encode: true), signed, cancellation);
    }

    /// <inheritdoc/>
    protected override string Name(CodecKey key) => key.Encode ? "encoder" : "decoder";

    /// <inheritdoc/>
    protected override ElementType Stored(ElementType asked) => types.Contains(asked) ? asked : ElementType.F32;

    /// <inheritdoc/>
    protected override Executable Compile(CodecKey key, ComponentRunner runner)
    {
        VaeConfig config = model.Config;
        Graph graph = new();
        ModelBuilder m = new(graph, Weights);
        Shape shape = key.Encode ? new Shape(1, key.Height * config.Factor, key.Width * config.Factor, config.InChannels) : new Shape(1, key.Height, key.Width, config.LatentChannels);
        Value x = graph.Input("x", shape, Stage.Request);
        Value result = key.Encode
            ? model.Encode(m, x).Mean.Precise().Affine(config.Scale, -config.Shift * config.Scale)
            : model.Decode(m, x.Affine(1 / config.Scale, config.Shift));
        return runner.Compile([new Variant(result)]);
    }

    private float[] Once(CodecKey key, ReadOnlySpan<float> input, CancellationToken cancellation)
    {
        using Run run = Begin(key, cancellation);
        run.Set("x", input);
        run.Prepare(cancellation);
        return run.Read();
    }
}
