using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>Layer norms without weights of their own, which a condition scales and shifts (adaLN; Peebles and Xie 2023, arXiv:2212.09748).</summary>
internal static class AdaptiveNorm
{
    private const double Epsilon = 1e-6;

    /// <summary>norm(x) · (1 + scale) + shift: x [B, H, W, C], scale and shift [R, 1, 1, C].</summary>
    public static Value Norm(Value x, Value scale, Value shift, string path) => x.LayerNorm(scale + 1, shift, Epsilon, path);

    /// <summary>The norm in front of the last layer, whose scale comes before its shift.</summary>
    /// <param name="m">The norm; <c>linear</c> is its layer.</param>
    /// <param name="x">[B, H, W, C].</param>
    /// <param name="condition">The activated condition, [R, 1, 1, C].</param>
    public static Value Continuous(ModelBuilder m, Value x, Value condition) => new AdaptiveTables(m, condition, 2, x.Channels).Norm(x, shift: 1, scale: 0);
}

/// <summary>The scales, shifts and gates that a layer makes of the condition, one after the other, each [R, 1, 1, C].</summary>
internal readonly struct AdaptiveTables
{
    private readonly Value _all;
    private readonly int _channels;
    private readonly string _path;

    /// <param name="m">The norm; <c>linear</c> is its layer.</param>
    /// <param name="condition">The activated condition, [R, 1, 1, C].</param>
    /// <param name="count">How many there are.</param>
    /// <param name="channels">The channels of each.</param>
    public AdaptiveTables(ModelBuilder m, Value condition, int count, int channels) => (_all, _channels, _path) = (m["linear"].Linear(condition, count * channels), channels, m.Path);

    /// <summary>One of them.</summary>
    public Value this[int index] => _all.Slice(Axis.Channels, index * _channels, _channels);

    /// <summary>x normed, scaled by 1 + one of them and shifted by another.</summary>
    public Value Norm(Value x, int shift, int scale) => AdaptiveNorm.Norm(x, this[scale], this[shift], _path);
}
