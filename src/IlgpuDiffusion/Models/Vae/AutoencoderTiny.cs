using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The decoder of a tiny autoencoder (TAESD, github.com/madebyollin/taesd; diffusers' AutoencoderTiny): convolutions and residual blocks without norms, a picture in a few milliseconds of what the whole decoder takes.</summary>
/// <param name="config">Its form.</param>
internal sealed class AutoencoderTiny(TinyConfig config)
{
    // Latents are brought softly into ±3, beyond which it was not trained.
    private const float Bound = 3;

    /// <summary>Its form.</summary>
    public TinyConfig Config { get; } = config;

    /// <summary>The latents as the decoder takes them, of the denoiser's.</summary>
    public float[] Bounded(ReadOnlySpan<float> latents)
    {
        float[] bounded = new float[latents.Length];
        for (int i = 0; i < bounded.Length; i++)
        {
            bounded[i] = Bound * MathF.Tanh((float)((latents[i] / Config.Scale) + Config.Shift) / Bound);
        }

        return bounded;
    }

    /// <summary>Throws if the weights lack a tensor of the decoder, hold one of another shape, or hold one that is neither its nor the encoder's.</summary>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        Decode(m, m.Graph.Input("latents", new Shape(1, 1, 1, Config.LatentChannels), Stage.Request));
        m.RequireAllUsed(name => name.StartsWith("encoder.", StringComparison.Ordinal));
    }

    /// <summary>Builds it: bounded latents [B, h, w, C] → a picture [B, H, W, 3], about [0, 1], not clamped.</summary>
    public Value Decode(ModelBuilder m, Value latents)
    {
        m = m["decoder"]["layers"];
        Value h = m[0].Conv(latents, Config.Channels, kernel: 3).Activate(Config.Activation);

        // The layers count activations and doublings too.
        int layer = 2;
        for (int level = 0; level < Config.Blocks.Count; level++)
        {
            for (int i = 0; i < Config.Blocks[level]; i++)
            {
                h = Block(m[layer++], h);
            }

            bool last = level + 1 == Config.Blocks.Count;
            if (!last)
            {
                h = h.Upsample(2 * h.Shape.Height, 2 * h.Shape.Width, m[layer++].Path);
            }

            h = m[layer].Mark(m[layer].Conv(h, last ? Config.OutChannels : Config.Channels, kernel: 3, bias: last));
            layer++;
        }

        return h;
    }

    private Value Block(ModelBuilder m, Value x)
    {
        ModelBuilder conv = m["conv"];
        Value h = conv[0].Conv(x, x.Channels, kernel: 3).Activate(Config.Activation);
        h = conv[2].Conv(h, x.Channels, kernel: 3).Activate(Config.Activation);

        // What joins the two is a ReLU whatever the activation.
        return m.Mark((conv[4].Conv(h, x.Channels, kernel: 3) + x).Activate(Activation.Relu));
    }
}
