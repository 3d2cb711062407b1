using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// One evaluation's plan while a model is built with it: it numbers the model's sites, and decides what passes them.
/// One instance serves one build.
/// </summary>
internal sealed class EvaluationPlan
{
    // A survey marks what passes a site by a copy that nothing else has.
    private const int SurveyMark = int.MinValue;

    private readonly bool _survey;
    private readonly List<LayerSite> _sites = [];
    private readonly List<Keep> _keeps = [];
    private readonly Dictionary<int, Value> _passed = [];
    private readonly List<(LayerSite Site, ResizeForm Resize)> _resized = [];
    private Graph? _graph;

    /// <param name="row">The structure of the evaluation.</param>
    public EvaluationPlan(RowStructure? row = null) => Row = row ?? RowStructure.Neutral;

    private EvaluationPlan(RowStructure row, bool survey) => (Row, _survey) = (row, survey);

    /// <summary>The structure of the evaluation.</summary>
    public RowStructure Row { get; }

    /// <summary>When the plan's numbers change: with the evaluation, or, of what runs once a request, with it.</summary>
    public Stage NumbersStage { get; init; } = Stage.Schedule;

    /// <summary>The model's sites, as far as it is built.</summary>
    public IReadOnlyList<LayerSite> Sites => _sites;

    /// <summary>What the evaluation keeps, as far as the model is built.</summary>
    public IReadOnlyList<Keep> Keeps => _keeps;

    /// <summary>The name of a site's numbers in the row table.</summary>
    public static string RowInput(int site, string name) => $"plan.{site}.{name}";

    /// <summary>The name of a site's numbers that go with its grid, which may differ between evaluations.</summary>
    internal static string GridInput(LayerSite site, string name) => RowInput(site.Index, $"{site.Grid.Height}x{site.Grid.Width}.{name}");

    /// <summary>The name of the weights of some taps.</summary>
    internal static string TapWeights(string taps) => taps + ".weights";

    /// <summary>The next site.</summary>
    /// <param name="kind">What passes there.</param>
    /// <param name="path">The module's path.</param>
    /// <param name="at">A value with the grid and channels of what will pass.</param>
    public LayerSite Site(SiteKind kind, string path, Value at)
    {
        LayerSite site = new(_sites.Count, path, kind, new Grid(at.Shape.Height, at.Shape.Width), at.Channels);
        _sites.Add(site);
        _graph = at.Graph;
        return site;
    }

    /// <summary>What goes on from a site where this value arrives: the value itself, which may be kept, or what slots hold.</summary>
    public Value Through(LayerSite site, Value value)
    {
        SiteDecision decision = Row[site];
        Value result = _survey ? value.Graph.Apply(new Copy(SurveyMark + site.Index), [value], site.Path) : decision.Action switch
        {
            SiteAction.Keep => Kept(site, decision, value),
            SiteAction.Recall => Recalled(site, decision, value),
            _ => value,
        };
        _passed[site.Index] = result;
        return result;
    }

    /// <summary>The difference of the branches that guidance adds: computed, and kept where the row says so, or what was kept.</summary>
    /// <param name="conditional">The conditional branch's prediction, [B, h, w, c].</param>
    /// <param name="unconditional">The other branch's; null where it does not run.</param>
    /// <returns>Null where there is no guidance.</returns>
    public Value? GuidanceDifference(Value conditional, Value? unconditional)
    {
        if (Row.Guidance.Action == GuidanceAction.Recall)
        {
            return conditional.Graph.Apply(new SlotRead(Row.Guidance.Slot, conditional.Type), [], "guidance");
        }

        if (unconditional is not { } other)
        {
            return null;
        }

        Value difference = conditional - other;
        if (Row.Guidance.Action == GuidanceAction.Keep)
        {
            _keeps.Add(new Keep(Row.Guidance.Slot, difference));
        }

        return difference;
    }

    /// <summary>The tiles of a site's queries, I32 [1, 1, T, 4], or null where attention is whole.</summary>
    public Value? QueryBounds(LayerSite site) => Row[site].Attention is { Tiles: > 0 and int tiles } ? Integers(site, AttentionForm.TileBounds, new Shape(1, 1, tiles, 4)) : null;

    /// <summary>The keys that a site's queries look at.</summary>
    /// <param name="site">The site of the attention.</param>
    /// <param name="x">What keys and values are made from.</param>
    /// <param name="project">Makes keys and values.</param>
    public KeySegment[] Keys(LayerSite site, Value x, Func<Value, (Value Keys, Value Values)> project)
    {
        ArgumentNullException.ThrowIfNull(project);
        AttentionForm form = Row[site].Attention ?? new AttentionForm();
        if (form.Keys is not { } coarse)
        {
            return [Segment(x, QueryBounds(site))];
        }

        Value small = Resampled(site, x, coarse, AttentionForm.KeyRows, AttentionForm.KeyColumns);
        Value? bounds = form.Tiles > 0 ? Integers(site, AttentionForm.KeyBounds, new Shape(1, 1, form.Tiles, 4)) : null;
        Value? mass = form.BesideOwn || form.Mass ? Numbers(site, AttentionForm.KeyMass, Shape.Scalar) : null;
        KeySegment segment = Segment(small, bounds) with { Bias = mass, ExcludeOwnTile = form.BesideOwn };
        return form.BesideOwn ? [Segment(x, QueryBounds(site)), segment] : [segment];

        KeySegment Segment(Value from, Value? within)
        {
            (Value keys, Value values) = project(from);
            return new KeySegment(keys, values, within);
        }
    }

    /// <summary>Runs attention on merged tokens where the row says so.</summary>
    /// <param name="site">The site of the attention.</param>
    /// <param name="metric">By what tokens are compared, on the site's grid.</param>
    /// <param name="x">What attention is given, on the same grid.</param>
    /// <param name="attention">The attention, which takes any number of tokens.</param>
    /// <returns>Its result on the site's grid.</returns>
    public Value Merged(LayerSite site, Value metric, Value x, Func<Value, Value> attention)
    {
        ArgumentNullException.ThrowIfNull(attention);
        if (Row[site].Attention?.Merge is not { } merge)
        {
            return attention(x);
        }

        Value matching = metric.MatchTokens(Integers(site, AttentionForm.Destinations, new Shape(1, 1, merge.Destinations, 1)), merge.Merged, site.Path);
        Value result = attention(x.MergeTokens(matching, x.Shape.Tokens - merge.Merged, site.Path));
        return result.UnmergeTokens(matching, x.Shape.Height, x.Shape.Width, site.Path);
    }

    /// <summary>What goes on into a level: the value, or the value brought to the grid that the row says.</summary>
    public Value Level(LayerSite site, Value value)
    {
        if (Row[site].Resize is not { } resize)
        {
            return value;
        }

        _resized.Add((site, resize));
        return Resampled(site, value, resize.To, ResizeForm.Rows, ResizeForm.Columns);
    }

    /// <summary>A value brought back to a grid from which a level was brought to another; as it is where it has that grid.</summary>
    public Value Back(Value value, Grid grid)
    {
        if (new Grid(value.Shape.Height, value.Shape.Width) == grid)
        {
            return value;
        }

        (LayerSite site, ResizeForm resize) = _resized.FindLast(level => level.Site.Grid == grid);
        return resize is null
            ? throw new InvalidOperationException($"No level was brought from a grid of {grid.Height}×{grid.Width} to {value.Shape}.")
            : Resampled(site, value, resize.Back, ResizeForm.BackRows, ResizeForm.BackColumns);
    }

    private Value Kept(LayerSite site, SiteDecision decision, Value value)
    {
        Value kept = decision.From is { } from ? value - Passed(site, from) : value;
        kept = decision.Held == Branches.None || decision.Held == Row.Branches ? kept : Reduce(kept, decision.Held, decision.Reduction);
        for (int i = decision.More; i >= 0; i--)
        {
            int slot = decision.Slot + i;
            _keeps.Add(new Keep(slot, decision.Update switch
            {
                SlotUpdate.Shift when i > 0 => Before(i - 1),
                SlotUpdate.Project => Basis(i, 1).WeightedSum([kept], site.Path),
                SlotUpdate.Accumulate => Basis(i, 2).WeightedSum([kept, Before(i)], site.Path),
                _ => kept,
            }));
        }

        // What a slot holds before this evaluation.
        Value Before(int slot) => decision.Earlier is { } both
            ? Reduce(kept.Graph.Apply(new SlotRead(both + slot, kept.Type with { Shape = kept.Shape with { Batch = kept.Shape.Batch / decision.Held.Count() * Branches.Both.Count() } }), [], site.Path), decision.Held, decision.Reduction)
            : kept.Graph.Apply(new SlotRead(decision.Slot + slot, kept.Type), [], site.Path);

        // Of each slot the factor of the value, and 1 for what the slot holds.
        Value Basis(int slot, int terms) => Numbers(site, kept.Graph, "basis", 2 * (decision.More + 1)).Slice(Axis.Channels, 2 * slot, terms);

        return value;
    }

    private Value Recalled(LayerSite site, SiteDecision decision, Value value)
    {
        Branches held = decision.Held == Branches.None ? Row.Branches : decision.Held;
        TensorType type = value.Type with { Shape = value.Shape with { Batch = value.Shape.Batch / Row.BranchCount * held.Count() } };
        Value read(int i) => value.Graph.Apply(new SlotRead(decision.Slot + i, type), [], site.Path);
        Value result = decision.More == 0 ? read(0)
            : Numbers(site, value.Graph, "mix", decision.More + 1).WeightedSum([.. Enumerable.Range(0, decision.More + 1).Select(read)], site.Path);
        result = held == Row.Branches ? result : Reduce(result, Row.Branches, decision.Reduction);
        return decision.From is { } from ? result + Passed(site, from) : result;
    }

    // Of a value of both branches, what one keeps.
    private static Value Reduce(Value both, Branches to, BranchReduction reduction)
    {
        if (to == Branches.Both)
        {
            return both;
        }

        int half = both.Shape.Batch / 2;
        Value first = both.Slice(Axis.Batch, 0, half);
        Value second = both.Slice(Axis.Batch, half, half);
        return reduction == BranchReduction.Mean ? (first + second) * 0.5 : to == Branches.Unconditional ? first : second;
    }

    private static Value Numbers(LayerSite site, Graph graph, string name, int count) => graph.Input(RowInput(site.Index, name), Shape.Vector(count), Stage.Schedule);

    private Value Numbers(LayerSite site, string name, Shape shape) => _graph!.Input(GridInput(site, name), shape, NumbersStage);

    /// <summary>A site's whole numbers that go with its grid.</summary>
    internal Value Integers(LayerSite site, string name, Shape shape) => _graph!.Input(GridInput(site, name), new TensorType(shape, ElementType.I32), NumbersStage);

    private Value Resampled(LayerSite site, Value x, ResampledGrid to, string rows, string columns)
    {
        AxisTapValues Taps(string name, int points, int taps) =>
            new(Integers(site, name, new Shape(1, 1, points, taps)), Numbers(site, TapWeights(name), new Shape(1, 1, points, taps)));
        return x.Resample(Taps(rows, to.Grid.Height, to.RowTaps), Taps(columns, to.Grid.Width, to.ColumnTaps), site.Path);
    }

    private Value Passed(LayerSite site, int from) => _passed.TryGetValue(from, out Value value)
        ? value
        : throw new ArgumentException($"The plan takes a difference at site {site.Index} ('{site.Path}') to site {from}, which does not come before it.", nameof(from));

    /// <summary>A plan under which a build leaves marks that <see cref="SiteSurvey"/> reads.</summary>
    internal static EvaluationPlan Survey(RowStructure? row = null) => new(row ?? RowStructure.Neutral, survey: true);

    /// <summary>The site that a value has just passed under <see cref="Survey"/>, or null.</summary>
    internal static int? MarkedSite(Node node) => node.Op is Copy { Slot: < SurveyMark + (1 << 24) } copy ? copy.Slot - SurveyMark : null;
}
