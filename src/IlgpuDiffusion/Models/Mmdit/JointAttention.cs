using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>Attention of a picture and a text to both (Esser et al. 2024, section 4). Keys are not laid end to end: the two are segments of one softmax, the picture's first.</summary>
/// <param name="Heads">The heads.</param>
/// <param name="NormsQueriesAndKeys">Whether queries and keys are divided by their root mean square, head by head.</param>
/// <param name="IsLast">Whether the text is looked at, and does not look.</param>
internal sealed record JointAttention(int Heads, bool NormsQueriesAndKeys, bool IsLast)
{
    private const double NormEpsilon = 1e-6;

    /// <summary>How the picture's queries and keys are turned by their places; null for not at all.</summary>
    public RotaryPlaces? Places { get; init; }

    /// <summary>Builds it.</summary>
    /// <param name="m">The attention.</param>
    /// <param name="image">The picture's tokens, [B, h, w, C].</param>
    /// <param name="text">The text's, [R, 1, T, C].</param>
    public (Value Image, Value? Text) Build(ModelBuilder m, Value image, Value text)
    {
        int channels = image.Channels;
        LayerSite site = m.Site(SiteKind.JointAttention, image);
        Value q = Turned(m, Normed(m["norm_q"], m["to_q"].Linear(image, channels)));
        KeySegment[] ofImage = m.Plan.Keys(site, image, y => (Turned(m, Normed(m["norm_k"], m["to_k"].Linear(y, channels))), m["to_v"].Linear(y, channels)));
        KeySegment ofText = new(Normed(m["norm_added_k"], m["add_k_proj"].Linear(text, channels)), m["add_v_proj"].Linear(text, channels));
        KeySegment[] keys = [.. ofImage, ofText];
        Value attended = m.Plan.Through(site, m["to_out"][0].Linear(q.Attention(keys, Heads, path: m.Path), channels));
        if (IsLast)
        {
            // The last text query is in the files, and asks for nothing that is read.
            m["add_q_proj"].Skip(channels, channels);
            if (NormsQueriesAndKeys)
            {
                m["norm_added_q"].Weight("weight", Shape.Vector(channels / Heads));
            }

            return (attended, null);
        }

        // A text that several pictures share looks at each of them.
        Value textQ = Normed(m["norm_added_q"], m["add_q_proj"].Linear(text, channels));
        textQ = textQ.RepeatEach(image.Shape.Batch / textQ.Shape.Batch);
        return (attended, m["to_add_out"].Linear(textQ.Attention(keys, Heads, path: $"{m.Path}.context"), channels));
    }

    /// <summary>Queries or keys divided by their root mean square, where the model does.</summary>
    public Value Normed(ModelBuilder m, Value x) => NormsQueriesAndKeys ? m.RmsNorm(x, Heads, NormEpsilon) : x;

    private Value Turned(ModelBuilder m, Value x) => Places?.Turned(x, Heads, m.Path) ?? x;
}
