using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>What flows through a transformer of two streams.</summary>
/// <param name="Image">The picture's tokens, [B, h, w, C].</param>
/// <param name="Text">The text's, [R, 1, T, C].</param>
internal readonly record struct JointStreams(Value Image, Value Text)
{
    /// <summary>What enters the first block: a site for each stream.</summary>
    /// <param name="m">The network.</param>
    /// <param name="image">The picture's tokens.</param>
    /// <param name="text">The text's tokens.</param>
    public static JointStreams Enter(ModelBuilder m, Value image, Value text) => new(m.Plan.Through(m.Site(SiteKind.Input, image), image), m.Plan.Through(m.Site(SiteKind.TextInput, text), text));

    /// <summary>What goes on from a block: a site for each stream.</summary>
    /// <param name="m">The block.</param>
    /// <param name="hasText">Whether the text goes on.</param>
    public JointStreams Through(ModelBuilder m, bool hasText = true)
    {
        Value image = m.Plan.Through(m.Site(SiteKind.Block, Image), Image);
        m.Graph.Mark($"{m.Path}.hidden", image);
        if (!hasText)
        {
            return this with { Image = image };
        }

        Value text = m.Plan.Through(m.Site(SiteKind.TextBlock, Text), Text);
        m.Graph.Mark($"{m.Path}.context", text);
        return new JointStreams(image, text);
    }
}

/// <summary>A block of <see cref="MmditModel"/> and <see cref="FluxModel"/>: joint attention, then a feed-forward layer for each stream, all scaled, shifted and gated by time and pooled text.</summary>
/// <param name="Heads">Heads of each attention.</param>
/// <param name="NormsQueriesAndKeys">Whether queries and keys are divided by their root mean square.</param>
/// <param name="IsDual">Whether the picture attends to itself alone as well (Stable Diffusion 3.5 medium).</param>
/// <param name="IsLast">Whether the text ends here: it is looked at, and not changed.</param>
internal sealed record JointBlock(int Heads, bool NormsQueriesAndKeys, bool IsDual, bool IsLast)
{
    private const int FeedForwardFactor = 4;

    /// <summary>How the picture's queries and keys are turned by their places; null for not at all.</summary>
    public RotaryPlaces? Places { get; init; }

    /// <summary>Builds it.</summary>
    /// <param name="m">The block.</param>
    /// <param name="x">What enters.</param>
    /// <param name="condition">The activated embedding of time and pooled text, [R, 1, 1, C].</param>
    public JointStreams Build(ModelBuilder m, JointStreams x, Value condition)
    {
        AdaptiveTables image = new(m["norm1"], condition, IsDual ? 9 : 6, x.Image.Channels);
        AdaptiveTables text = new(m["norm1_context"], condition, IsLast ? 2 : 6, x.Text.Channels);

        // The last text norm gives its scale before its shift.
        JointAttention attention = new(Heads, NormsQueriesAndKeys, IsLast) { Places = Places };
        (Value ofImage, Value? ofText) = attention.Build(
            m["attn"], image.Norm(x.Image, shift: 0, scale: 1), IsLast ? text.Norm(x.Text, shift: 1, scale: 0) : text.Norm(x.Text, shift: 0, scale: 1));
        Value h = x.Image + (ofImage * image[2]);
        if (IsDual)
        {
            h += SelfAttention(m["attn2"], image.Norm(x.Image, shift: 6, scale: 7)) * image[8];
        }

        h += FeedForward(m["ff"], image.Norm(h, shift: 3, scale: 4)) * image[5];
        if (ofText is not { } attended)
        {
            return new JointStreams(h, x.Text).Through(m, hasText: false);
        }

        Value t = x.Text + (attended * text[2]);
        t += FeedForward(m["ff_context"], text.Norm(t, shift: 3, scale: 4)) * text[5];
        return new JointStreams(h, t).Through(m);
    }

    private Value SelfAttention(ModelBuilder m, Value x)
    {
        LayerSite site = m.Site(SiteKind.SelfAttention, x);
        JointAttention form = new(Heads, NormsQueriesAndKeys, IsLast: true);
        Value q = form.Normed(m["norm_q"], m["to_q"].Linear(x, x.Channels));
        KeySegment[] keys = m.Plan.Keys(site, x, y => (form.Normed(m["norm_k"], m["to_k"].Linear(y, x.Channels)), m["to_v"].Linear(y, x.Channels)));
        return m.Plan.Through(site, m["to_out"][0].Linear(q.Attention(keys, Heads, m.Plan.QueryBounds(site), path: m.Path), x.Channels));
    }

    private static Value FeedForward(ModelBuilder m, Value x) =>
        m["net"][2].Linear(m["net"][0]["proj"].Linear(x, FeedForwardFactor * x.Channels).Activate(Activation.GeluTanh), x.Channels);
}
