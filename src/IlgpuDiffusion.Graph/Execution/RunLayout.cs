using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Where the values of a run lie that outlive a program: inputs, request results, the row table and its current row, slots, outputs.</summary>
internal sealed class RunLayout
{
    private readonly Dictionary<Value, Location> _places = [];
    private readonly Dictionary<Value, Location> _table = [];
    private readonly Dictionary<int, (long Offset, TensorType Type)> _slots = [];
    private readonly Dictionary<string, InputPlace> _inputs = [];
    private readonly List<RowCopy> _rows = [];
    private readonly Dictionary<Value, Location>[] _outputs;

    public RunLayout(Graph graph, bool[] live, IReadOnlyList<Value[]> outputs, ScheduleBatch batch)
    {
        HashSet<Value> crossing = Crossing(graph, live, outputs);
        foreach (Node node in graph.Nodes)
        {
            Value value = new(graph, node.Id);
            if (!live[node.Id] || node.Op.IsView || node.Stage == Stage.Load)
            {
                continue;
            }

            switch (node.Op)
            {
                case Input { Stage: Stage.Schedule } input:
                    AddRow(value, batch.Of(value), crossing.Contains(value));
                    _inputs[input.Name] = new InputPlace(_table[batch.Of(value)].Place, batch.Of(value).Type);
                    break;
                case Input input:
                    Location at = Reserve(input.Stage == Stage.Request ? Space.Request : Space.Slot, value.Type);
                    _places[value] = at;
                    _inputs[input.Name] = new InputPlace(at.Place, value.Type);
                    break;
                case SlotRead slot:
                    AddSlot(slot.Slot, value);
                    break;
                default:
                    if (crossing.Contains(value) && node.Stage == Stage.Request)
                    {
                        _places[value] = Reserve(Space.Request, value.Type);
                    }
                    else if (crossing.Contains(value) && node.Stage == Stage.Schedule)
                    {
                        AddRow(value, batch.Of(value), crosses: true);
                    }

                    break;
            }
        }

        _outputs = [.. outputs.Select(_ => new Dictionary<Value, Location>())];
        PinOutputs(outputs);
    }

    public long RequestBytes { get; private set; }

    public long TableBytes { get; private set; }

    public long RowBytes { get; private set; }

    public long SlotBytes { get; private set; }

    public long Bytes => RequestBytes + TableBytes + RowBytes + SlotBytes;

    public IReadOnlyDictionary<string, InputPlace> Inputs => _inputs;

    /// <summary>What is copied from the table to the current row before an evaluation.</summary>
    public IReadOnlyList<RowCopy> Rows => _rows;

    public Location? Find(Value value) => _places.TryGetValue(value, out Location at) ? at : null;

    /// <summary>Where a value of an evaluation program lies: an output of this variant in the place of its number, though it may be an intermediate of another.</summary>
    public Location? Find(Value value, int variant) => _outputs[variant].TryGetValue(value, out Location at) ? at : Find(value);

    /// <summary>Where a value lies that may be a view.</summary>
    public Location? FindView(Value value)
    {
        (Value root, long offset) = Views.Root(value);
        return Find(root)?.Plus(offset);
    }

    public Location? FindTable(Value batched) => _table.TryGetValue(batched, out Location at) ? at : null;

    /// <summary>Gives a slot's place to a value that reads or writes it.</summary>
    public void AddSlot(int slot, Value value)
    {
        if (!_slots.TryGetValue(slot, out (long Offset, TensorType Type) known))
        {
            known = (SlotBytes, value.Type);
            SlotBytes += MemoryPlanner.Align(value.Type.Bytes);
            _slots[slot] = known;
        }

        ShapeException.Require(known.Type == value.Type, $"At '{value.Path}': slot {slot} holds {known.Type}, not {value.Type}.");
        _places[value] = new Location(new Place(Space.Slot, known.Offset, value.Channels, value.Type.Type));
    }

    // Values read by a later stage than their own, or wanted from outside.
    private static HashSet<Value> Crossing(Graph graph, bool[] live, IReadOnlyList<Value[]> outputs)
    {
        HashSet<Value> crossing = [.. outputs.SelectMany(values => values).Select(v => Views.Root(v).Root)];
        foreach (Node node in graph.Nodes)
        {
            foreach (Value input in live[node.Id] ? node.Inputs : [])
            {
                Value root = Views.Root(input).Root;
                if (root.Stage < node.Stage)
                {
                    crossing.Add(root);
                }
            }
        }

        return crossing;
    }

    // Outputs of one number share a place over all variants, so whoever reads them need not know the variant.
    private void PinOutputs(IReadOnlyList<Value[]> outputs)
    {
        for (int i = 0; i < outputs[0].Length; i++)
        {
            Location? shared = null;
            for (int variant = 0; variant < outputs.Count; variant++)
            {
                Value value = outputs[variant][i];
                if (value.Stage >= Stage.Evaluation && value.Producer.Op is not ISource && !value.Producer.Op.IsView && !_outputs[variant].ContainsKey(value))
                {
                    shared ??= Reserve(Space.Slot, value.Type);
                    _outputs[variant][value] = shared.Value;
                }
            }
        }
    }

    private void AddRow(Value value, Value batched, bool crosses)
    {
        _table[batched] = new Location(new Place(Space.Row, TableBytes, value.Channels, value.Type.Type));
        if (crosses)
        {
            _places[value] = new Location(new Place(Space.Row, RowBytes, value.Channels, value.Type.Type));
            _rows.Add(new RowCopy(TableBytes, RowBytes, value.Type.Bytes));
            RowBytes += MemoryPlanner.Align(value.Type.Bytes);
        }

        TableBytes += MemoryPlanner.Align(batched.Type.Bytes);
    }

    private Location Reserve(Space space, TensorType type)
    {
        long offset = space == Space.Request ? RequestBytes : SlotBytes;
        long bytes = MemoryPlanner.Align(type.Bytes);
        (RequestBytes, SlotBytes) = space == Space.Request ? (RequestBytes + bytes, SlotBytes) : (RequestBytes, SlotBytes + bytes);
        return new Location(new Place(space, offset, type.Shape.Channels, type.Type));
    }
}

/// <summary>Where an input is set, and the type that it takes (of a schedule input all rows).</summary>
internal readonly record struct InputPlace(Place Place, TensorType Type);

/// <summary>A value's rows in the table and its place in the current row.</summary>
internal readonly record struct RowCopy(long Table, long Row, long Bytes);
