using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Acceleration;

/// <summary>A network's sites, and which of them each one's value is computed from.</summary>
internal sealed class SiteSurvey
{
    private readonly HashSet<int>[] _reads;
    private readonly HashSet<int> _ends;
    private readonly Func<EvaluationPlan, IReadOnlyList<Value>> _build;

    private SiteSurvey(IReadOnlyList<LayerSite> sites, HashSet<int>[] reads, HashSet<int> ends, Func<EvaluationPlan, IReadOnlyList<Value>> build) =>
        (Sites, _reads, _ends, _build) = (sites, reads, ends, build);

    /// <summary>The sites, in the order of building.</summary>
    public IReadOnlyList<LayerSite> Sites { get; }

    /// <summary>Surveys a network.</summary>
    /// <param name="build">Builds it with a plan, from latents to results.</param>
    public static SiteSurvey Of(Func<EvaluationPlan, IReadOnlyList<Value>> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        return Of(build, RowStructure.Neutral);
    }

    /// <summary>The same network's sites under a structure that brings levels to other grids.</summary>
    internal SiteSurvey Under(RowStructure row) => Of(_build, row);

    private static SiteSurvey Of(Func<EvaluationPlan, IReadOnlyList<Value>> build, RowStructure row)
    {
        EvaluationPlan plan = EvaluationPlan.Survey(row);
        IReadOnlyList<Value> results = build(plan);
        IReadOnlyList<Node> nodes = results[0].Graph.Nodes;

        // Of every node, the sites through which the nearest of what it is computed from has passed.
        HashSet<int>[] nearest = new HashSet<int>[nodes.Count];
        HashSet<int>[] reads = new HashSet<int>[plan.Sites.Count];
        foreach (Node node in nodes)
        {
            HashSet<int> inputs = Union(node.Inputs.Select(input => nearest[input.Node]));
            if (EvaluationPlan.MarkedSite(node) is { } site)
            {
                reads[site] = inputs;
                inputs = [site];
            }

            nearest[node.Id] = inputs;
        }

        return new SiteSurvey([.. plan.Sites], reads, Union(results.Select(result => nearest[result.Node])), build);
    }

    /// <summary>Which sites are reached: something that is computed reads what passes them.</summary>
    /// <param name="decisions">The decision for each site.</param>
    internal bool[] Reached(IReadOnlyList<SiteDecision> decisions)
    {
        bool[] reached = new bool[Sites.Count];
        Stack<int> next = new(_ends);
        while (next.TryPop(out int site))
        {
            if (reached[site])
            {
                continue;
            }

            reached[site] = true;
            if (decisions[site].From is { } from)
            {
                next.Push(from);
            }

            foreach (int read in decisions[site].Action == SiteAction.Recall ? [] : _reads[site])
            {
                next.Push(read);
            }
        }

        return reached;
    }

    // Most nodes go on with the set of one input: sets are shared, not copied.
    private static HashSet<int> Union(IEnumerable<HashSet<int>> sets)
    {
        HashSet<int>? union = null;
        bool own = false;
        foreach (HashSet<int> set in sets)
        {
            if (union is null || union.Count == 0)
            {
                (union, own) = (set, false);
            }
            else if (!ReferenceEquals(union, set) && !set.IsSubsetOf(union))
            {
                (union, own) = own ? (union, own) : ([.. union], true);
                union.UnionWith(set);
            }
        }

        return union ?? [];
    }
}
