using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Holds the results of load-stage nodes on one device, shared by every executable that needs the same result of the same weights.</summary>
public sealed class Residency(Device device) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, nint> _known = [];
    private readonly List<DeviceMemory> _blocks = [];
    private readonly List<WeightView> _weights = [];

    /// <summary>The bytes held of prepared weights.</summary>
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

    /// <summary>The bytes of the device's memory that are held: prepared weights, and copies of others where the device makes any.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
            {
                return _blocks.Sum(block => block.Bytes) + (device.CopiesWeights ? _weights.Sum(weight => weight.Bytes) : 0);
            }
        }
    }

    /// <summary>The addresses of load-stage values; what is not held yet is computed, and the weights behind it are then released. Where that fails, nothing of it is held.</summary>
    /// <param name="values">The values.</param>
    /// <param name="source">The weights.</param>
    /// <param name="progress">Is told of the bytes that are ready, and of all that were missing.</param>
    /// <param name="cancellation">Observed between weights.</param>
    internal nint[] Materialise(IReadOnlyList<Value> values, IWeightSource source, Action<long, long>? progress, CancellationToken cancellation)
    {
        lock (_lock)
        {
            string[] keys = [.. values.Select(value => $"{source.Identity}:{Key(value)}")];
            int[] missing = [.. Enumerable.Range(0, values.Count).Where(i => !_known.ContainsKey(keys[i])).DistinctBy(i => keys[i])];
            int[] prepared = [.. missing.Where(i => values[i].Producer.Op is not Weight)];
            Progress copied = new(progress, missing.Sum(i => values[i].Type.Bytes));
            (int blocks, int weights) = (_blocks.Count, _weights.Count);
            try
            {
                if (prepared.Length > 0)
                {
                    DeviceMemory block = device.Allocate(prepared.Sum(i => MemoryPlanner.Align(values[i].Type.Bytes)), "weights");
                    _blocks.Add(block);
                    nint next = block.Address;
                    foreach (int i in prepared)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        Compute(values[i], next, source, cancellation);
                        _known[keys[i]] = next;
                        next += (nint)MemoryPlanner.Align(values[i].Type.Bytes);
                        copied.Add(values[i].Type.Bytes);
                    }
                }

                foreach (int i in missing.Where(i => values[i].Producer.Op is Weight))
                {
                    cancellation.ThrowIfCancellationRequested();
                    string name = ((Weight)values[i].Producer.Op).Key;
                    WeightView view = source.Read(name);
                    _known[keys[i]] = device.WeightAddress(view);
                    _weights.Add(view);
                    copied.Add(view.Bytes);
                    if (device.CopiesWeights)
                    {
                        source.Release(name);
                    }
                }
            }
            catch
            {
                _blocks.Skip(blocks).ToList().ForEach(block => block.Dispose());
                _weights.Skip(weights).ToList().ForEach(weight => device.ReleaseWeight(weight));
                _blocks.RemoveRange(blocks, _blocks.Count - blocks);
                _weights.RemoveRange(weights, _weights.Count - weights);
                Array.ForEach(missing, i => _known.Remove(keys[i]));
                throw;
            }

            return [.. keys.Select(key => _known[key])];
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

    private sealed class Progress(Action<long, long>? report, long total)
    {
        private long _done;

        public void Add(long bytes) => report?.Invoke(_done += bytes, total);
    }
}
