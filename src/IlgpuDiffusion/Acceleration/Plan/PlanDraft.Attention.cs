using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <content>What techniques of attention and of grids decide.</content>
public sealed partial class PlanDraft
{
    // Tiles, keys and tokens of one attention are decided each by one technique.
    private const int AttentionAspects = 3;

    private readonly Dictionary<RowStructure, SiteSurvey> _resurveyed = [];

    private enum AttentionAspect
    {
        Tiles,
        Keys,
        Tokens,
    }

    /// <summary>The pixels of a picture's side for each point of the latents' grid.</summary>
    public int PixelsPerPoint { get; }

    /// <summary>The latents' grid: the finest of the network.</summary>
    public Grid Grid => Sites.Select(site => site.Grid).MaxBy(grid => (long)grid.Height * grid.Width);

    /// <summary>How many times the latents' grid is halved at a site.</summary>
    public int DepthOf(LayerSite site) => Math.Max(0, (int)Math.Round(Math.Log2((double)Grid.Height / site.Grid.Height)));

    /// <summary>A kind of sites that are computed in an evaluation, as far as is decided, with the grids that they have in it.</summary>
    public IEnumerable<LayerSite> AttentionAt(int evaluation, SiteKind kind) =>
        SitesAt(evaluation).Where(site => site.Kind == kind && this[evaluation, site].Action != SiteAction.Recall && Reaches(evaluation, site));

    /// <summary>A site with the grid that it has in an evaluation.</summary>
    public LayerSite At(int evaluation, LayerSite site) => SitesAt(evaluation)[site.Index];

    /// <summary>Throws where the network has no attention of the picture to itself alone, which is all that a technique knows.</summary>
    internal void RequireSelfAttention(string technique) => PolicyException.Require(
        Sites.Any(site => site.Kind == SiteKind.SelfAttention),
        $"'{technique}' changes how a picture attends to itself; in this network picture and text attend to both together, which it does not do. Take 'todo', 'ditcache', 'cache' or 'guidance'.");

    /// <summary>How many keys a query of a site looks at at most, as far as is decided: the same in all evaluations that cut it alike.</summary>
    public int KeysAt(int evaluation, LayerSite site) =>
        _rows[evaluation].Tiles.TryGetValue(site.Index, out (TileGrid Tiles, int Keys) cut) ? cut.Keys : site.Grid.Height * site.Grid.Width;

    /// <summary>Cuts attention into tiles: a query looks at the keys of its own.</summary>
    /// <param name="evaluation">When.</param>
    /// <param name="site">Where.</param>
    /// <param name="tiles">The tiles.</param>
    /// <param name="most">The most tiles that the technique may draw for the site: as many are launched in every evaluation.</param>
    /// <param name="keys">The most points that a tile may have which it draws for the site.</param>
    /// <exception cref="PolicyException">Another technique has decided it.</exception>
    public void Cut(int evaluation, LayerSite site, TileGrid tiles, int most, int keys)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        Change(evaluation, site, AttentionAspect.Tiles, form => form with { Tiles = most });
        _rows[evaluation].Tiles[site.Index] = (tiles, keys);
        SetGrid<int>(evaluation, site, AttentionForm.TileBounds, tiles.Rectangles(most));
    }

    /// <summary>Takes keys from a coarser grid.</summary>
    /// <param name="evaluation">When.</param>
    /// <param name="site">Where.</param>
    /// <param name="taps">How it is made.</param>
    /// <param name="besideOwn">Whether queries look at their own tile's keys as they are too, and at coarser ones only outside it; needs tiles.</param>
    /// <param name="mass">Whether a coarser key weighs as much as all those that it stands for; beside the own tile's keys it does.</param>
    /// <exception cref="PolicyException">Another technique has decided it.</exception>
    public void Downsample(int evaluation, LayerSite site, KeyTaps taps, bool besideOwn, bool mass = false)
    {
        ArgumentNullException.ThrowIfNull(taps);
        Change(evaluation, site, AttentionAspect.Keys, form => form with { Keys = taps.Form, BesideOwn = besideOwn, Mass = mass });
        _rows[evaluation].Keys[site.Index] = (site, taps);
        Set(evaluation, site, AttentionForm.KeyRows, taps.Rows);
        Set(evaluation, site, AttentionForm.KeyColumns, taps.Columns);
        if (besideOwn || mass)
        {
            SetGrid<float>(evaluation, site, AttentionForm.KeyMass, [(float)Math.Log(taps.Mass)]);
        }
    }

    /// <summary>Merges tokens.</summary>
    /// <param name="evaluation">When.</param>
    /// <param name="site">Where.</param>
    /// <param name="destinations">The numbers of the tokens that others join, ascending; as many in every evaluation.</param>
    /// <param name="merged">How many join them.</param>
    /// <exception cref="PolicyException">Another technique has decided it.</exception>
    public void Merge(int evaluation, LayerSite site, ReadOnlySpan<int> destinations, int merged)
    {
        TokenMerge merge = new(destinations.Length, merged);
        Change(evaluation, site, AttentionAspect.Tokens, form => form with { Merge = merge });
        SetGrid(evaluation, site, AttentionForm.Destinations, destinations);
    }

    /// <summary>Brings a level, and all deeper ones, to another grid.</summary>
    /// <param name="evaluation">When.</param>
    /// <param name="site">Where the level begins, a site of <see cref="SiteKind.Level"/>.</param>
    /// <param name="to">The way there.</param>
    /// <param name="back">The way back.</param>
    /// <exception cref="PolicyException">Another technique has decided it.</exception>
    public void Resize(int evaluation, LayerSite site, KeyTaps to, KeyTaps back)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(back);
        Row row = _rows[evaluation];
        Claim(ref row.SiteAuthors[site.Index], $"the grid at '{site.Path}'");
        row.Sites[site.Index] = row.Sites[site.Index] with { Resize = new ResizeForm(to.Form, back.Form) };
        row.Survey = null;
        Set(evaluation, site, ResizeForm.Rows, to.Rows);
        Set(evaluation, site, ResizeForm.Columns, to.Columns);
        Set(evaluation, site, ResizeForm.BackRows, back.Rows);
        Set(evaluation, site, ResizeForm.BackColumns, back.Columns);
    }

    private IReadOnlyList<LayerSite> SitesAt(int evaluation)
    {
        Row row = _rows[evaluation];
        if (row.Survey is null)
        {
            RowStructure resized = new(Sites: new EquatableArray<SiteDecision>([.. row.Sites.Select(decision => new SiteDecision { Resize = decision.Resize })]));
            row.Survey = resized.Sites.All(decision => decision.Resize is null) ? _survey : _resurveyed.TryGetValue(resized, out SiteSurvey? known) ? known : _resurveyed[resized] = _survey.Under(resized);
        }

        return row.Survey.Sites;
    }

    private void Set(int evaluation, LayerSite site, string name, AxisTaps taps)
    {
        SetGrid<int>(evaluation, site, name, taps.Points);
        SetGrid<float>(evaluation, site, EvaluationPlan.TapWeights(name), taps.Weights);
    }

    private void SetGrid<T>(int evaluation, LayerSite site, string name, ReadOnlySpan<T> numbers)
        where T : unmanaged => _numbers.Set(evaluation, EvaluationPlan.GridInput(site, name), numbers);

    private void Change(int evaluation, LayerSite site, AttentionAspect aspect, Func<AttentionForm, AttentionForm> change)
    {
        Row row = _rows[evaluation];
        if (Moments[evaluation].Controls != 0)
        {
            Note("leaves the ControlNet's own attention whole");
        }

        Claim(ref row.AttentionAuthors[(AttentionAspects * site.Index) + (int)aspect], $"the {(aspect == AttentionAspect.Tiles ? "tiles" : aspect == AttentionAspect.Keys ? "keys" : "tokens")} of the attention of '{site.Path}'");
        row.Sites[site.Index] = row.Sites[site.Index] with { Attention = change(row.Sites[site.Index].Attention ?? new AttentionForm()) };
    }

    /// <summary>How many keys a query looks at at most, by site, where attention is cut or its keys are made coarser.</summary>
    internal Dictionary<int, int> Keys(int evaluation)
    {
        Row row = _rows[evaluation];
        Dictionary<int, int> most = row.Tiles.ToDictionary(tiles => tiles.Key, tiles => tiles.Value.Keys);
        foreach ((int index, (_, KeyTaps taps)) in row.Keys)
        {
            int coarse = taps.To.Height * taps.To.Width;
            most[index] = !most.TryGetValue(index, out int own) ? coarse
                : row.Sites[index].Attention is { BesideOwn: true } ? own + coarse
                : row.Tiles[index].Tiles.Touching(taps.To, row.Tiles[index].Tiles.Count).Chunk(4).Max(bounds => (bounds[1] - bounds[0]) * (bounds[3] - bounds[2]));
        }

        return most;
    }

    // Where attention has both tiles and coarser keys: which of these each tile sees, or, beside its own, does not.
    private void BoundKeys(int evaluation)
    {
        Row row = _rows[evaluation];
        foreach ((int index, (LayerSite site, KeyTaps taps)) in row.Keys)
        {
            if (row.Tiles.TryGetValue(index, out (TileGrid Tiles, int Keys) cut) && row.Sites[index].Attention is { } form)
            {
                int[] bounds = form.BesideOwn
                    ? cut.Tiles.StandingFor(taps.Rows.StandsFor(taps.From.Height), taps.Columns.StandsFor(taps.From.Width), form.Tiles)
                    : cut.Tiles.Touching(taps.To, form.Tiles);
                SetGrid<int>(evaluation, site, AttentionForm.KeyBounds, bounds);
            }
        }
    }
}
