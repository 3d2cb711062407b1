using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Components;

/// <summary>The tiles of the decoder's attention (as <see cref="HyperTile"/> cuts it), on the latents' grid; its group norm stays that of the whole picture.</summary>
internal sealed class DecoderTiles
{
    private readonly LayerSite _site;
    private readonly TileGrid _tiles;

    /// <param name="latents">The latents' grid.</param>
    /// <param name="side">Points of a tile's side; 0 leaves attention whole.</param>
    public DecoderTiles(Grid latents, int side)
        : this(latents, new TileGrid(Lines(latents.Height, side), Lines(latents.Width, side)))
    {
    }

    /// <param name="latents">The latents' grid.</param>
    /// <param name="tiles">The tiles.</param>
    public DecoderTiles(Grid latents, TileGrid tiles) => (_site, _tiles) = (new LayerSite(0, "mid_block", SiteKind.SelfAttention, latents, 0), tiles);

    /// <summary>The plan of one build.</summary>
    public EvaluationPlan Plan() => _tiles.Count == 1
        ? new EvaluationPlan()
        : new EvaluationPlan(new RowStructure(Sites: new EquatableArray<SiteDecision>(new SiteDecision { Attention = new AttentionForm { Tiles = _tiles.Count } }))) { NumbersStage = Stage.Request };

    /// <summary>Sets where the tiles lie.</summary>
    public void Set(Run run)
    {
        string input = EvaluationPlan.GridInput(_site, AttentionForm.TileBounds);
        if (run.Takes(input))
        {
            run.Set<int>(input, _tiles.Rectangles(_tiles.Count));
        }
    }

    private static int[] Lines(int length, int side) => side == 0 ? [0, length] : AxisCuts.Even(length, Math.Max(1, (int)Math.Round((double)length / side)));
}
