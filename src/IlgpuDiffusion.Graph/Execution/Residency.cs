using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>
/// Holds the results of load-stage nodes on one device, shared by every executable that needs the same result of the same weights. With a budget, what no run uses leaves
/// before the budget is passed, the least recently used first, and is made again from its file when it is wanted.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="budget">The bytes of weights that may be held at one time, as they are in their files or prepared; null for as many as the device has room for.</param>
internal sealed partial class Residency(Device device, long? budget = null) : IDisposable
{
    // Values below this share a block: devices hand out memory in large pieces.
    private const long Small = 1 << 20;

    // Weights below this are not worth the calls that give their pages back.
    private const long LeastStreamed = 1 << 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<ResidentKey, ResidentValue> _known = [];
    private long _clock;

    /// <summary>The bytes of weights that may be held at one time; null for as many as the device has room for.</summary>
    public long? Budget => budget;

    /// <summary>Whether all that no run uses leaves before anything is brought in, so that one component is held at a time. Set between requests.</summary>
    public bool HoldsOne { get; set; }

    /// <summary>The bytes held of prepared weights.</summary>
    public long Bytes => Sum(value => value.Weight is null);

    /// <summary>The bytes of the device's memory that are held: prepared weights, and copies of others where the device makes any.</summary>
    public long Held => Sum(value => value.Weight is null || device.CopiesWeights);

    /// <summary>The bytes that count against the budget: all of <see cref="Held"/>, and weights that the device reads where their files are mapped.</summary>
    public long Resident => Sum(_ => true);

    /// <summary>Forgets what was made from a source, which is about to close.</summary>
    public void Release(IWeightSource source)
    {
        lock (_lock)
        {
            foreach (ResidentValue value in _known.Values.Where(value => ReferenceEquals(value.Source, source)).ToArray())
            {
                Free(value, andPages: false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (ResidentValue value in _known.Values.ToArray())
            {
                Free(value, andPages: false);
            }
        }
    }

    /// <summary>Whether a weight is one that is worth streaming: large, and as it is in its file.</summary>
    internal static bool Streams(Value value) => value.Producer.Op is Weight && value.Type.Bytes >= LeastStreamed;

    internal static string Key(Value value) => $"{value.Producer.Op}({string.Join(",", value.Producer.Inputs.Select(Key))})";

    /// <summary>Load-stage values; what is not held yet is computed, and the weights behind it are then released. Where that fails, nothing of it is held.</summary>
    /// <param name="values">The values.</param>
    /// <param name="source">The weights.</param>
    /// <param name="streams">Whether large weights are read where they are mapped, and take no memory of their own (<see cref="CompileOptions.Streams"/>).</param>
    /// <param name="progress">Is told of the bytes that are ready, and of all that were missing.</param>
    /// <param name="cancellation">Observed between weights.</param>
    /// <exception cref="DeviceMemoryException">The device or the budget has no room for all of them at one time.</exception>
    internal ResidentValue[] Materialise(IReadOnlyList<Value> values, IWeightSource source, bool streams, Action<long, long>? progress, CancellationToken cancellation)
    {
        lock (_lock)
        {
            bool Passes(Value value) => streams && Streams(value);
            ResidentKey[] keys = [.. values.Select(value => KeyOf(value, source))];
            ResidentValue[] held = [.. keys.Distinct().Select(_known.GetValueOrDefault).OfType<ResidentValue>()];
            int[] missing = [.. Enumerable.Range(0, values.Count).Where(i => !_known.ContainsKey(keys[i])).DistinctBy(i => keys[i])];
            Progress made = new(progress, missing.Sum(i => values[i].Type.Bytes));
            List<ResidentValue> added = [];
            void Add(int i, ResidentValue value)
            {
                added.Add(value);
                _known[keys[i]] = value;
                Pin([value]);
                made.Add(values[i].Type.Bytes);
            }

            // What is there stays while the rest is brought in.
            Pin(held);
            try
            {
                MakeRoom(missing.Where(i => !Passes(values[i])).Sum(i => MemoryPlanner.Align(values[i].Type.Bytes)), Sum(held));
                using Workspace workspace = new(bytes => WithRoom(() => device.Allocate(bytes, "preparing weights")));
                int[] prepared = [.. missing.Where(i => values[i].Producer.Op is not Weight)];
                int[] small = [.. prepared.Where(i => values[i].Type.Bytes < Small)];
                SharedBlock? shared = small.Length > 0 ? new SharedBlock(Allocate(small.Sum(i => MemoryPlanner.Align(values[i].Type.Bytes)))) : null;
                try
                {
                    foreach (int i in prepared)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        bool own = values[i].Type.Bytes >= Small;
                        SharedBlock block = own ? new SharedBlock(Allocate(MemoryPlanner.Align(values[i].Type.Bytes))) : shared!;
                        try
                        {
                            ResidentValue value = block.Next(keys[i], source, MemoryPlanner.Align(values[i].Type.Bytes));
                            Compute(values[i], value.Address, source, workspace, cancellation);
                            block.Keep(value);
                            Add(i, value);
                        }
                        finally
                        {
                            if (own)
                            {
                                block.Done();
                            }
                        }
                    }
                }
                finally
                {
                    shared?.Done();
                }

                foreach (int i in missing.Where(i => values[i].Producer.Op is Weight))
                {
                    cancellation.ThrowIfCancellationRequested();
                    string name = ((Weight)values[i].Producer.Op).Key;
                    WeightView view = source.Read(name);

                    // What streams is checked by the first launch that reads it.
                    bool passes = Passes(values[i]);
                    if (!passes)
                    {
                        source.Check(name);
                    }

                    Add(i, new ResidentValue(keys[i], source, AddressOf(view), passes ? 0 : view.Bytes) { Weight = (name, view) });
                    if (device.CopiesWeights || passes)
                    {
                        source.Release(name);
                    }
                }
            }
            catch
            {
                Unpin(added);
                added.ForEach(value => Free(value, andPages: true));
                throw;
            }
            finally
            {
                Unpin(held);
            }

            Unpin(added);
            return [.. keys.Select(key => _known[key])];
        }
    }

    /// <summary>Keeps values from leaving, if all are there; every call that says yes needs an <see cref="Unpin"/>.</summary>
    internal bool TryPin(IReadOnlyCollection<ResidentValue> values)
    {
        lock (_lock)
        {
            bool all = values.All(value => value.IsResident);
            if (all)
            {
                Pin(values);
            }

            return all;
        }
    }

    /// <summary>Lets values leave again.</summary>
    internal void Unpin(IReadOnlyCollection<ResidentValue> values)
    {
        lock (_lock)
        {
            foreach (ResidentValue value in values)
            {
                value.Users--;
            }
        }
    }

    private static long Sum(IEnumerable<ResidentValue> values) => values.Sum(value => value.Bytes);

    // Where a weight is read in its file's mapping, it is that of the source that mapped it; else the files tell.
    private ResidentKey KeyOf(Value value, IWeightSource source) =>
        new($"{source.Identity}:{Key(value)}", value.Producer.Op is Weight && !device.CopiesWeights ? source : null);

    private long Sum(Func<ResidentValue, bool> counts)
    {
        lock (_lock)
        {
            return Sum(_known.Values.Where(counts));
        }
    }

    private void Pin(IEnumerable<ResidentValue> values)
    {
        _clock++;
        foreach (ResidentValue value in values)
        {
            value.Users++;
            value.LastUse = _clock;
        }
    }

    private void Compute(Value value, nint target, IWeightSource source, Workspace workspace, CancellationToken cancellation)
    {
        bool[] live = Passes.Liveness.Of([value]);
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
        bool checkedAlready;
        try
        {
            nint[] addresses = new nint[weights.Length];
            for (int i = 0; i < addresses.Length; i++)
            {
                WeightView view = source.Read(((Weight)weights[i].Producer.Op).Key);
                addresses[i] = AddressOf(view);
                views.Add(view);
            }

            BoundProgram bound = new(program, addresses);
            bound.Run(new Bases(0, 0, 0, target, workspace.Of(program.ArenaBytes)), cancellation);

            // Packing looks at every number; before it they may have been put side by side, and nothing else.
            checkedAlready = bound.Launches[^1].ReadNumbers && nodes.All(node => node.Op is Weight or Concat or Pack);
        }
        finally
        {
            views.ForEach(view => device.ReleaseWeight(view));
        }

        foreach (string name in weights.Select(weight => ((Weight)weight.Producer.Op).Key))
        {
            if (!checkedAlready)
            {
                source.Check(name);
            }

            source.Release(name);
        }
    }

    // The arena of all that is prepared at one time, as large as the largest needs: memory that is new to the system costs more than what is done in it.
    private sealed class Workspace(Func<long, DeviceMemory> allocate) : IDisposable
    {
        private DeviceMemory? _memory;

        public nint Of(long bytes)
        {
            if (bytes > (_memory?.Bytes ?? 0))
            {
                Dispose();
                _memory = allocate(bytes);
            }

            return _memory?.Address ?? 0;
        }

        public void Dispose()
        {
            _memory?.Dispose();
            _memory = null;
        }
    }

    private sealed class Progress(Action<long, long>? report, long total)
    {
        private long _done;

        public void Add(long bytes) => report?.Invoke(_done += bytes, total);
    }
}
