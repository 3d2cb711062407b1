using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Holds the results of load-stage nodes on one device, shared by every executable that needs the same result of the same weights.</summary>
public sealed class Residency(Device device) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, nint> _known = [];
    private readonly List<DeviceMemory> _blocks = [];
    private readonly List<WeightView> _weights = [];

    /// <summary>The bytes held.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _blocks.Sum(block => block.Bytes);
            }
        }
    }

    /// <summary>The addresses of load-stage values; what is not held yet is computed, and the weights behind it are then released.</summary>
    internal nint[] Materialise(IReadOnlyList<Value> values, IWeightSource source, CancellationToken cancellation)
    {
        lock (_lock)
        {
            string[] keys = [.. values.Select(value => $"{source.Identity}:{Key(value)}")];
            int[] missing = [.. Enumerable.Range(0, values.Count).Where(i => values[i].Producer.Op is not Weight && !_known.ContainsKey(keys[i])).DistinctBy(i => keys[i])];
            long bytes = missing.Sum(i => MemoryPlanner.Align(values[i].Type.Bytes));
            if (bytes > 0)
            {
                DeviceMemory block = device.Allocate(bytes, "weights");
                nint next = block.Address;
                try
                {
                    foreach (int i in missing)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        Compute(values[i], next, source, cancellation);
                        next += (nint)MemoryPlanner.Align(values[i].Type.Bytes);
                    }
                }
                catch
                {
                    block.Dispose();
                    throw;
                }

                _blocks.Add(block);
                next = block.Address;
                foreach (int i in missing)
                {
                    _known[keys[i]] = next;
                    next += (nint)MemoryPlanner.Align(values[i].Type.Bytes);
                }
            }

            return [.. values.Select((value, i) => value.Producer.Op is Weight weight ? Resident(keys[i], source.Read(weight.Key)) : _known[keys[i]])];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _blocks.ForEach(block => block.Dispose());
            _blocks.Clear();
            _weights.ForEach(weight => device.ReleaseWeight(weight));
            _weights.Clear();
            _known.Clear();
        }
    }

    internal static string Key(Value value) => $"{value.Producer.Op}({string.Join(",", value.Producer.Inputs.Select(Key))})";

    // A weight that launches read as it is.
    private nint Resident(string key, in WeightView view)
    {
        if (!_known.TryGetValue(key, out nint address))
        {
            _known[key] = address = device.WeightAddress(view);
            _weights.Add(view);
        }

        return address;
    }

    private void Compute(Value value, nint target, IWeightSource source, CancellationToken cancellation)
    {
        bool[] live = Liveness(value);
        List<Node> nodes = [.. value.Graph.Nodes.Where(node => live[node.Id])];
        Value[] weights = [.. nodes.Where(node => node.Op is Weight).Select(node => new Value(value.Graph, node.Id))];
        Location? External(Value v)
        {
            int weight = Array.IndexOf(weights, v);
            return weight >= 0 ? new Location(new Place(Space.Weight, 0, v.Channels, v.Type.Type), weight)
                : v == value ? new Location(new Place(Space.Slot, 0, v.Channels, v.Type.Type)) : null;
        }

        CompiledProgram program = new("load", nodes, External, [], device);
        List<WeightView> views = [];
        try
        {
            nint[] addresses = new nint[weights.Length];
            for (int i = 0; i < addresses.Length; i++)
            {
                WeightView view = source.Read(((Weight)weights[i].Producer.Op).Key);
                addresses[i] = device.WeightAddress(view);
                views.Add(view);
            }

            using DeviceMemory? arena = program.ArenaBytes > 0 ? device.Allocate(program.ArenaBytes, "preparing weights") : null;
            BoundProgram bound = new(program, addresses);
            bound.Run(new Bases(0, 0, 0, target, arena?.Address ?? 0), cancellation);
        }
        finally
        {
            views.ForEach(view => device.ReleaseWeight(view));
        }

        foreach (Value weight in weights)
        {
            source.Release(((Weight)weight.Producer.Op).Key);
        }
    }

    private static bool[] Liveness(Value value) => Passes.Liveness.Of([value]);
}
