using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>The residual block of UNets and VAEs: norm, activation, convolution, twice, with the time in between (He et al. 2016; Ho et al. 2020).</summary>
internal sealed record ResnetBlock(int Groups, double Epsilon, Activation Activation)
{
    /// <summary>How many grid points away what a result depends on lies, norms aside: one for each convolution.</summary>
    public const int Reach = 2;

    /// <summary>Whether the time scales and shifts the second norm's result rather than being added before it.</summary>
    public bool TimeScales { get; init; }

    /// <summary>What the sum of block and residual is divided by.</summary>
    public double OutputScale { get; init; } = 1;

    /// <summary>Builds it: x [B, H, W, C], the activated time embedding [R, 1, 1, T] or null → [B, H, W, channels].</summary>
    public Value Build(ModelBuilder m, Value x, Value? time, int channels)
    {
        Value h = m["conv1"].Conv(m["norm1"].GroupNorm(x, Groups, Epsilon).Activate(Activation), channels, kernel: 3);
        if (time is { } t && !TimeScales)
        {
            h += m["time_emb_proj"].Linear(t, channels);
        }

        h = m["norm2"].GroupNorm(h, Groups, Epsilon);
        if (time is { } s && TimeScales)
        {
            Value scaleShift = m["time_emb_proj"].Linear(s, 2 * channels);
            h = h * (scaleShift.Slice(Axis.Channels, 0, channels) + 1.0) + scaleShift.Slice(Axis.Channels, channels, channels);
        }

        h = m["conv2"].Conv(h.Activate(Activation), channels, kernel: 3);
        Value shortcut = x.Channels == channels ? x : m["conv_shortcut"].Conv(x, channels, kernel: 1);
        return m.Mark((h + shortcut).Affine(1 / OutputScale, 0));
    }
}
