using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>The spatial transformer of latent diffusion (Rombach et al. 2022): every grid point is a token.</summary>
/// <param name="Groups">Groups of the norm in front.</param>
/// <param name="Heads">Heads of each attention.</param>
/// <param name="Layers">The number of transformer blocks.</param>
/// <param name="OnlyCrossAttention">Whether the first attention looks at the text too, and not at the picture.</param>
internal sealed record Transformer(int Groups, int Heads, int Layers, bool OnlyCrossAttention)
{
    private const double GroupNormEpsilon = 1e-6;
    private const double LayerNormEpsilon = 1e-5;
    private const int FeedForwardFactor = 4;

    /// <summary>Builds it: x [B, H, W, C], text [R, 1, T, D] → [B, H, W, C].</summary>
    public Value Build(ModelBuilder m, Value x, Value text)
    {
        int inner = x.Channels / Heads * Heads;
        Value h = m["proj_in"].Linear(m["norm"].GroupNorm(x, Groups, GroupNormEpsilon), inner);
        for (int i = 0; i < Layers; i++)
        {
            h = Block(m["transformer_blocks"][i], h, text);
        }

        return m.Mark(m["proj_out"].Linear(h, x.Channels) + x);
    }

    private Value Block(ModelBuilder m, Value x, Value text)
    {
        x = Attention(m["attn1"], m["norm1"].LayerNorm(x, LayerNormEpsilon), OnlyCrossAttention ? text : null, x) + x;
        x = Attention(m["attn2"], m["norm2"].LayerNorm(x, LayerNormEpsilon), text, x) + x;
        return FeedForward(m["ff"]["net"], m["norm3"].LayerNorm(x, LayerNormEpsilon)) + x;
    }

    // The input in front of the norm is what tokens are compared by.
    internal Value Attention(ModelBuilder m, Value x, Value? text, Value input)
    {
        int heads = Heads;
        LayerSite site = m.Site(text is null ? SiteKind.SelfAttention : SiteKind.CrossAttention, x);
        return m.Plan.Through(site, m.Plan.Merged(site, input, x, tokens =>
        {
            Value q = m["to_q"].Linear(tokens, x.Channels, bias: false);
            KeySegment[] keys = m.Plan.Keys(site, text ?? tokens, y => (m["to_k"].Linear(y, x.Channels, bias: false), m["to_v"].Linear(y, x.Channels, bias: false)));
            return m["to_out"][0].Linear(q.Attention(keys, heads, m.Plan.QueryBounds(site), path: m.Path), x.Channels);
        }));
    }

    private static Value FeedForward(ModelBuilder m, Value x) =>
        m[2].Linear(m[0]["proj"].Linear(x, 2 * FeedForwardFactor * x.Channels).Gated(Activation.Gelu), x.Channels);
}
