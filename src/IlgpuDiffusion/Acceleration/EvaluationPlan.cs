using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// One evaluation's plan while a model is built with it: it numbers the model's sites, and decides what passes them.
/// One instance serves one build.
/// </summary>
/// <param name="row">The structure of the evaluation.</param>
public sealed class EvaluationPlan(RowStructure? row = null)
{
    private readonly List<LayerSite> _sites = [];
    private readonly List<Keep> _keeps = [];
    private readonly Dictionary<int, Value> _passed = [];

    /// <summary>The structure of the evaluation.</summary>
    public RowStructure Row { get; } = row ?? RowStructure.Neutral;

    /// <summary>The model's sites, as far as it is built.</summary>
    public IReadOnlyList<LayerSite> Sites => _sites;

    /// <summary>What the evaluation keeps, as far as the model is built.</summary>
    public IReadOnlyList<Keep> Keeps => _keeps;

    /// <summary>The next site.</summary>
    /// <param name="kind">What passes there.</param>
    /// <param name="path">The module's path.</param>
    /// <param name="at">A value with the grid and channels of what will pass.</param>
    public LayerSite Site(SiteKind kind, string path, Value at)
    {
        LayerSite site = new(_sites.Count, path, kind, new Grid(at.Shape.Height, at.Shape.Width), at.Channels);
        _sites.Add(site);
        return site;
    }

    /// <summary>What goes on from a site where this value arrives: the value itself, which may be kept, or what a slot holds.</summary>
    public Value Through(LayerSite site, Value value)
    {
        SiteDecision decision = Row[site];
        Value result = value;
        if (decision.Action == SiteAction.Keep)
        {
            _keeps.Add(new Keep(decision.Slot, decision.From is { } from ? value - Passed(site, from) : value));
        }
        else if (decision.Action == SiteAction.Recall)
        {
            Value slot = value.Graph.Apply(new SlotRead(decision.Slot, new TensorType(value.Shape)), [], site.Path);
            result = decision.From is { } from ? slot + Passed(site, from) : slot;
        }

        _passed[site.Index] = result;
        return result;
    }

    /// <summary>The tiles of a site's queries, I32 [1, 1, T, 4], or null where attention is whole.</summary>
    public Value? QueryBounds(LayerSite site) => null;

    /// <summary>The keys that a site's queries look at.</summary>
    /// <param name="site">The site of the attention.</param>
    /// <param name="x">What keys and values are made from.</param>
    /// <param name="project">Makes keys and values.</param>
    public KeySegment[] Keys(LayerSite site, Value x, Func<Value, (Value Keys, Value Values)> project)
    {
        ArgumentNullException.ThrowIfNull(project);
        (Value keys, Value values) = project(x);
        return [new KeySegment(keys, values)];
    }

    private Value Passed(LayerSite site, int from) => _passed.TryGetValue(from, out Value value)
        ? value
        : throw new ArgumentException($"The plan takes a difference at site {site.Index} ('{site.Path}') to site {from}, which does not come before it.", nameof(from));
}
