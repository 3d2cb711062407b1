using System.Globalization;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// Token downsampling (Smith, Saxena and Saha 2024, arXiv:2402.13573): self-attention looks at a coarser grid of keys and values, made before they are
/// projected; queries stay as they are. How much coarser is a matter of the grid's size, not of channels, so that it works on any network. Where a picture and a text attend to both, the
/// text's keys stay as they are, and each of the picture's weighs as much as those that it stands for.
/// </summary>
public sealed record ToDo : ITechnique
{
    /// <summary>
    /// How many times fewer points a side has, on the layers of the finest grid, of the next coarser one and so on; 1 leaves a layer as it is. Empty: by
    /// <see cref="Keys"/>.
    /// </summary>
    public IReadOnlyList<double> Factors { get; init; } = [];

    /// <summary>Without <see cref="Factors"/>: a layer whose queries look at more keys takes the least whole factor that leaves no more. 4096 is the paper's setting.</summary>
    public int Keys { get; init; } = 4096;

    /// <summary>How the grid is made coarser.</summary>
    public GridMethod Method { get; init; } = GridMethod.NearestExact;

    /// <summary>In which part of the layers, from the first on.</summary>
    public double Layers { get; init; } = 1;

    /// <summary>Whether the picked points move from evaluation to evaluation, so that all are seen in turn; for methods that pick points.</summary>
    public bool Rotate { get; init; }

    /// <summary>From which part of the schedule on.</summary>
    public double Start { get; init; }

    /// <summary>To which part of the schedule.</summary>
    public double End { get; init; } = 1;

    /// <summary>As published: sides are rounded down, not up, and beside a text's keys a coarser key weighs no more than any.</summary>
    public bool Compat { get; init; }

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Keys;

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Factors.All(factor => factor is >= 1 and <= 64), $"todo.factors must be from 1 to 64; they are {ShownFactors}.");
        PolicyException.Require(Keys >= 64, $"todo.keys must be at least 64; it is {Keys}.");
        PolicyException.Require(Layers is > 0 and <= 1, $"todo.layers must be a fraction of the layers above 0 and at most 1; it is {Layers}.");
        PolicyException.Require(!Rotate || Method is GridMethod.Nearest or GridMethod.NearestExact, $"todo.rotate goes with methods that pick points, nearest and nearestExact, not with {PolicyMembers.NameOf(Method)}.");
        Window.Check("todo", Start, End);
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other is ToDo ? "'todo' is given twice: give it once." : null;

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        Window.Note(draft, Start, End);
        HashSet<Grid> whole = [];
        for (int e = 0; e < draft.Moments.Count; e++)
        {
            LayerSite[] sites = Window.Contains(draft.Moments[e], Start, End) ? [.. At(draft, e, SiteKind.SelfAttention), .. At(draft, e, SiteKind.JointAttention)] : [];
            Grid[] grids = [.. sites.Select(site => site.Grid).Distinct().OrderByDescending(grid => (long)grid.Height * grid.Width)];
            foreach (LayerSite site in sites)
            {
                Grid to = Coarse(site.Grid, FactorOf(draft, e, site, grids));
                if (to != site.Grid)
                {
                    KeyTaps taps = KeyTaps.Of(Method, site.Grid, to, Rotate ? draft.Random(e, site) : null);
                    draft.Downsample(e, site, taps, besideOwn: false, mass: site.Kind == SiteKind.JointAttention && !Compat);
                }
                else
                {
                    whole.Add(site.Grid);
                }
            }
        }

        if (whole.Count > 0)
        {
            draft.Note($"does nothing on {PlanNote.Grids(whole)} grids: {(Factors.Count == 0 ? $"a query there looks at no more than {Keys} keys ('keys')" : $"'factors' leaves them as they are ({ShownFactors}, the finest grid first)")}");
        }
    }

    /// <inheritdoc/>
    public bool Equals(ToDo? other) => other is not null && Factors.SequenceEqual(other.Factors) && (Keys, Method, Layers, Rotate, Start, End, Compat) == (other.Keys, other.Method, other.Layers, other.Rotate, other.Start, other.End, other.Compat);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Factors.Count, Keys, Method, Layers, Rotate, Start, End, Compat);

    /// <summary>The least whole factor that leaves no more than so many keys.</summary>
    internal static int FactorFor(long keys, int most)
    {
        int factor = Math.Max(1, (int)Math.Sqrt((double)keys / most));
        return (long)factor * factor * most < keys ? factor + 1 : factor;
    }

    private string ShownFactors => string.Join(", ", Factors.Select(factor => factor.ToString(CultureInfo.InvariantCulture)));

    // Of all layers of a kind, also those that others recall, the first ones.
    private IEnumerable<LayerSite> At(PlanDraft draft, int evaluation, SiteKind kind)
    {
        int[] layers = [.. draft.Sites.Where(site => site.Kind == kind).Select(site => site.Index)];
        HashSet<int> first = [.. layers.Take((int)Math.Round(Layers * layers.Length))];
        return draft.AttentionAt(evaluation, kind).Where(site => first.Contains(site.Index));
    }

    private double FactorOf(PlanDraft draft, int evaluation, LayerSite site, Grid[] grids)
    {
        int rank = Array.IndexOf(grids, site.Grid);
        return Factors.Count == 0 ? FactorFor(draft.KeysAt(evaluation, site), Keys) : rank < Factors.Count ? Factors[rank] : 1;
    }

    private Grid Coarse(Grid grid, double factor)
    {
        int Side(int side) => Math.Clamp((int)(Compat ? Math.Floor(side / factor) : Math.Ceiling(side / factor)), 1, side);
        return factor <= 1 ? grid : new Grid(Side(grid.Height), Side(grid.Width));
    }
}
