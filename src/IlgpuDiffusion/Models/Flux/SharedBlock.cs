using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>
/// A block of <see cref="FluxModel"/> whose weights picture and text share: joint attention and a feed-forward layer beside each other (Dehghani et al. 2023, arXiv:2302.05442), and one
/// projection of both. The two streams are not laid end to end.
/// </summary>
/// <param name="Heads">Heads of the attention.</param>
/// <param name="Places">How the picture's queries and keys are turned.</param>
internal sealed record SharedBlock(int Heads, RotaryPlaces Places)
{
    private const int FeedForwardFactor = 4;
    private const double NormEpsilon = 1e-6;

    /// <summary>Builds it.</summary>
    /// <param name="m">The block.</param>
    /// <param name="x">What enters.</param>
    /// <param name="condition">The activated embedding of time and pooled text, [R, 1, 1, C].</param>
    /// <param name="isLast">Whether nothing reads the text behind it.</param>
    public JointStreams Build(ModelBuilder m, JointStreams x, Value condition, bool isLast)
    {
        AdaptiveTables tables = new(m["norm"], condition, 3, x.Image.Channels);
        (Value image, Value text) = (tables.Norm(x.Image, shift: 0, scale: 1), tables.Norm(x.Text, shift: 0, scale: 1));
        ModelBuilder attention = m["attn"];
        LayerSite site = attention.Site(SiteKind.JointAttention, image);
        Value Query(Value y) => attention["norm_q"].RmsNorm(attention["to_q"].Linear(y, y.Channels), Heads, NormEpsilon);
        (Value Keys, Value Values) KeysOf(Value y) => (attention["norm_k"].RmsNorm(attention["to_k"].Linear(y, y.Channels), Heads, NormEpsilon), attention["to_v"].Linear(y, y.Channels));
        KeySegment[] ofImage = attention.Plan.Keys(site, image, y =>
        {
            (Value keys, Value values) = KeysOf(y);
            return (Places.Turned(keys, Heads, attention.Path), values);
        });
        (Value textKeys, Value textValues) = KeysOf(text);
        KeySegment[] all = [.. ofImage, new KeySegment(textKeys, textValues)];
        Value attended = m.Plan.Through(site, Places.Turned(Query(image), Heads, attention.Path).Attention(all, Heads, path: attention.Path));
        Value h = x.Image + (Projected(m, attended, image) * tables[2]);
        if (isLast)
        {
            return new JointStreams(h, x.Text).Through(m, hasText: false);
        }

        Value t = x.Text + (Projected(m, Query(text).Attention(all, Heads, path: $"{attention.Path}.context"), text) * tables[2]);
        return new JointStreams(h, t).Through(m);
    }

    private static Value Projected(ModelBuilder m, Value attended, Value x)
    {
        Value inner = m["proj_mlp"].Linear(x, FeedForwardFactor * x.Channels).Activate(Activation.GeluTanh);
        return m["proj_out"].Linear(attended.Concat(Axis.Channels, inner), x.Channels);
    }
}
