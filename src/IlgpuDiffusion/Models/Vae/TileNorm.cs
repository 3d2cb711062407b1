using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>
/// A group norm of each tile by itself. HyperTile as published (github.com/tfernd/HyperTile) cuts the whole attention module of an autoencoder, the norm
/// in it too, so that colours differ from tile to tile; it is here to give what the original gives.
/// </summary>
internal static class TileNorm
{
    /// <summary>The number that says to which tile each grid point belongs.</summary>
    public const string TileOf = "norm.tiles";

    /// <summary>The number that says where a tile lies.</summary>
    public static string Rectangle(int tile) => $"norm.{tile}";

    /// <summary>The norm of equal tiles, or of the whole where the plan says nothing of it.</summary>
    /// <param name="m">The norm's place in the model.</param>
    /// <param name="x">One picture, [1, H, W, C].</param>
    /// <param name="site">The site of the attention behind it.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static Value GroupNorm(ModelBuilder m, Value x, LayerSite site, int groups, double epsilon)
    {
        if (m.Plan.Row[site].Attention is not { NormPoints: > 0 } form)
        {
            return m.GroupNorm(x, groups, epsilon);
        }

        (Value gamma, Value beta) = (m.Weight("weight", Shape.Vector(x.Channels)), m.Weight("bias", Shape.Vector(x.Channels)));
        Value[] tiles = [.. Enumerable.Range(0, form.Tiles).Select(tile =>
            x.RectangleSums(m.Plan.Integers(site, Rectangle(tile), Shape.Vector(4)), m.Path).GroupNormFromSums(form.NormPoints, gamma, beta, groups, epsilon, m.Path))];
        Value own = tiles[0].Concat(Axis.Width, tiles.AsSpan(1)).Embedding(m.Plan.Integers(site, TileOf, new Shape(1, x.Shape.Height, x.Shape.Width, 1)), m.Path);
        return x * own.Slice(Axis.Channels, 0, x.Channels) + own.Slice(Axis.Channels, x.Channels, x.Channels);
    }
}
