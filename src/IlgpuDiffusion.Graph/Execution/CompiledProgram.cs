using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>A place, or the number of a weight whose address is known only after loading, with the offset in it.</summary>
internal readonly record struct Location(Place Place, int Weight = -1)
{
    public Location Plus(long bytes) => this with { Place = Place with { Offset = Place.Offset + bytes } };
}

/// <summary>One launch of a program: the node, its kernel and where its operands lie (inputs, outputs, scratch).</summary>
internal sealed record Step(Node Node, Prepared Prepared, Location[] Locations)
{
    /// <summary>The weights that it is the first to read of those that are made where the program has its values.</summary>
    public required (string Name, Place Place)[] Made { get; init; }
}

/// <summary>Nodes in order, with an arena laid out for them.</summary>
internal sealed class CompiledProgram
{
    private readonly Func<Value, Location?> _external;
    private readonly Dictionary<Value, Location> _internal = [];

    /// <param name="name">What the report calls it.</param>
    /// <param name="nodes">The nodes to run, in order.</param>
    /// <param name="external">The location of a value that lives outside the arena, or null; a weight without one is made in the arena when it is first read.</param>
    /// <param name="keepAlive">Values that must outlive the program's last step.</param>
    /// <param name="device">The device.</param>
    public CompiledProgram(string name, IReadOnlyList<Node> nodes, Func<Value, Location?> external, IEnumerable<Value> keepAlive, Device device)
    {
        (Name, _external) = (name, external);
        List<Node> launched = [.. nodes.Where(node => node.Op is not ISource && !node.Op.IsView)];
        Prepared[] prepared = [.. launched.Select(node => device.Prepare(node.Op, new Operands(node.InputTypes(), node.Outputs)))];

        List<MemoryPlanner.Life> lives = [];
        Dictionary<Value, int> indexOf = [];
        void Touch(Value value, int step)
        {
            Value root = Views.Root(value).Root;
            if (_external(root) is not null)
            {
                return;
            }

            if (indexOf.TryGetValue(root, out int known))
            {
                lives[known] = lives[known] with { Last = Math.Max(lives[known].Last, step) };
                return;
            }

            indexOf[root] = lives.Count;
            lives.Add(new MemoryPlanner.Life(root.Type.Bytes, step, step));
        }

        int[] scratch = new int[launched.Count];
        for (int i = 0; i < launched.Count; i++)
        {
            Node node = launched[i];
            for (int output = 0; output < node.Outputs.Length; output++)
            {
                Touch(node.Result(output), i);
            }

            foreach (Value input in node.Inputs)
            {
                Touch(input, i);
            }

            scratch[i] = -1;
            if (prepared[i].Scratch > 0)
            {
                scratch[i] = lives.Count;
                lives.Add(new MemoryPlanner.Life(prepared[i].Scratch, i, i));
            }
        }

        foreach (Value value in keepAlive)
        {
            Touch(value, launched.Count);
        }

        (long[] offsets, ArenaBytes) = MemoryPlanner.Plan(lives, device.Guard);
        foreach ((Value value, int index) in indexOf)
        {
            _internal[value] = new Location(new Place(Space.Arena, offsets[index], value.Channels, value.Type.Type));
        }

        Steps =
        [
            .. launched.Select((node, i) => new Step(node, prepared[i],
            [
                .. node.Inputs.Select(Locate),
                .. node.Outputs.Select((_, output) => Locate(node.Result(output))),
                .. scratch[i] < 0 ? (Location[])[] : [new Location(new Place(Space.Arena, offsets[scratch[i]], 0, ElementType.U8))],
            ])
            {
                Made = [.. node.Inputs.Select(input => Views.Root(input).Root).Distinct().Where(root => root.Producer.Op is Weight && indexOf.TryGetValue(root, out int index) && lives[index].First == i).Select(root => (((Weight)root.Producer.Op).Key, _internal[root].Place))],
            }),
        ];
    }

    public string Name { get; }

    public IReadOnlyList<Step> Steps { get; }

    public long ArenaBytes { get; }

    /// <summary>Where a value lies; valid for what the program reads, computes or keeps alive.</summary>
    public Location Locate(Value value)
    {
        (Value root, long offset) = Views.Root(value);
        Location at = _external(root) ?? _internal[root];
        return at.Plus(offset);
    }
}
