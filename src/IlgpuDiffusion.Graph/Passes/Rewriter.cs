namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>Builds a new graph from the live part of an old one, node by node in order.</summary>
internal abstract class Rewriter
{
    private Dictionary<Value, int> _uses = [];
    private Value?[] _mapped = [];

    /// <summary>The name by which the pass is turned off.</summary>
    public abstract string Name { get; }

    /// <summary>How many places of the graph the last run changed.</summary>
    public int Taken { get; protected set; }

    protected Graph Source { get; private set; } = new();

    protected Graph Target { get; private set; } = new();

    /// <summary>The device that is compiled for.</summary>
    protected Device Device { get; private set; } = null!;

    /// <summary>Rewrites what the roots need.</summary>
    /// <returns>The roots' values in the new graph, in order.</returns>
    public virtual Value[] Run(IReadOnlyList<Value> roots, Device device)
    {
        (Source, Target, Device, Taken) = (roots[0].Graph, new Graph(), device, 0);
        bool[] live = Liveness.Of(roots);
        _uses = Liveness.Uses(Source, live, roots);
        _mapped = new Value?[Source.Nodes.Count];
        Begin(live);
        foreach (Node node in Source.Nodes)
        {
            if (live[node.Id])
            {
                MapNode(node);
            }
        }

        return [.. roots.Select(Map)];
    }

    /// <summary>Looks at the whole graph before the first node is rewritten.</summary>
    protected virtual void Begin(bool[] live)
    {
    }

    /// <summary>The new value of a node whose inputs are mapped; the default keeps it.</summary>
    protected virtual Value Rewrite(Node node, Value[] inputs) => Target.Apply(node.Op, inputs, node.Path);

    /// <summary>The new value of an old one; load-stage values may be asked for before their turn.</summary>
    protected Value Map(Value old)
    {
        Value first = _mapped[old.Node] ?? MapNode(Source.Nodes[old.Node]);
        return old.Output == 0 ? first : first with { Output = old.Output };
    }

    /// <summary>Whether an old value is read once and is no root, so that its producer may be absorbed.</summary>
    protected bool UsedOnce(Value old) => _uses.GetValueOrDefault(old) == 1;

    private Value MapNode(Node node)
    {
        if (_mapped[node.Id] is { } known)
        {
            return known;
        }

        Value mapped = Rewrite(node, Array.ConvertAll(node.Inputs, Map));
        _mapped[node.Id] = mapped;
        return mapped;
    }
}

/// <summary>Which nodes are needed, and how often values are read.</summary>
internal static class Liveness
{
    /// <summary>Marks the nodes that the roots need.</summary>
    public static bool[] Of(IReadOnlyList<Value> roots)
    {
        IReadOnlyList<Node> nodes = roots[0].Graph.Nodes;
        bool[] live = new bool[nodes.Count];
        foreach (Value root in roots)
        {
            live[root.Node] = true;
        }

        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (live[i])
            {
                foreach (Value input in nodes[i].Inputs)
                {
                    live[input.Node] = true;
                }
            }
        }

        return live;
    }

    /// <summary>Counts the readers of every live value; a root counts for two, so that it is never absorbed.</summary>
    public static Dictionary<Value, int> Uses(Graph graph, bool[] live, IReadOnlyList<Value> roots)
    {
        Dictionary<Value, int> uses = [];
        foreach (Node node in graph.Nodes)
        {
            foreach (Value input in live[node.Id] ? node.Inputs : [])
            {
                uses[input] = uses.GetValueOrDefault(input) + 1;
            }
        }

        foreach (Value root in roots)
        {
            uses[root] = uses.GetValueOrDefault(root) + 2;
        }

        return uses;
    }
}
