using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Components;

/// <summary>The tiles of the decoder's attention (as <see cref="HyperTile"/> cuts it), on the latents' grid; its group norm stays that of the whole picture, unless it is to be as published.</summary>
internal sealed class DecoderTiles
{
    private readonly LayerSite _site;
    private readonly TileGrid _tiles;
    private readonly bool _ownNorms;

    /// <param name="latents">The latents' grid.</param>
    /// <param name="tiling">The tiles.</param>
    public DecoderTiles(Grid latents, DecoderTiling tiling)
        : this(latents, new TileGrid(Lines(latents.Height, tiling), Lines(latents.Width, tiling)), tiling.Compat)
    {
    }

    /// <param name="latents">The latents' grid.</param>
    /// <param name="tiles">The tiles.</param>
    /// <param name="ownNorms">Whether each, all being equal, has a group norm of its own.</param>
    public DecoderTiles(Grid latents, TileGrid tiles, bool ownNorms) => (_site, _tiles, _ownNorms) = (new LayerSite(0, "mid_block", SiteKind.SelfAttention, latents, 0), tiles, ownNorms);

    /// <summary>The plan of one build.</summary>
    public EvaluationPlan Plan()
    {
        AttentionForm form = new() { Tiles = _tiles.Count, NormPoints = _ownNorms ? _tiles.Rows[1] * _tiles.Columns[1] : 0 };
        return _tiles.Count == 1
            ? new EvaluationPlan()
            : new EvaluationPlan(new RowStructure(Sites: new EquatableArray<SiteDecision>(new SiteDecision { Attention = form }))) { NumbersStage = Stage.Request };
    }

    /// <summary>Sets where the tiles lie.</summary>
    public void Set(Run run)
    {
        if (_tiles.Count == 1)
        {
            return;
        }

        int[] rectangles = _tiles.Rectangles(_tiles.Count);
        run.Set<int>(EvaluationPlan.GridInput(_site, AttentionForm.TileBounds), rectangles);
        if (_ownNorms)
        {
            run.Set<int>(EvaluationPlan.GridInput(_site, TileNorm.TileOf), TileOfPoints());
            for (int tile = 0; tile < _tiles.Count; tile++)
            {
                run.Set<int>(EvaluationPlan.GridInput(_site, TileNorm.Rectangle(tile)), rectangles.AsSpan(4 * tile, 4));
            }
        }
    }

    private static int[] Lines(int length, DecoderTiling tiling) =>
        tiling.Side == 0 ? [0, length]
        : AxisCuts.Even(length, tiling.Compat ? AxisCuts.Published(length, tiling.Side, 1)[0] : Math.Max(1, (int)Math.Round((double)length / tiling.Side)));

    private int[] TileOfPoints()
    {
        (int height, int width, int across) = (_tiles.Rows[1], _tiles.Columns[1], _tiles.Columns.Length - 1);
        return [.. from y in Enumerable.Range(0, _site.Grid.Height) from x in Enumerable.Range(0, _site.Grid.Width) select (y / height * across) + (x / width)];
    }
}
