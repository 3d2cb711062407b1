using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>A graph compiled for a device: programs for the request and schedule stages, one evaluation program a variant. Holds no weights until <see cref="Load(Residency, IWeightSource, CancellationToken)"/>.</summary>
internal sealed partial class Executable
{
    private readonly Device _device;
    private readonly RunLayout _layout;
    private readonly CompiledProgram _request;
    private readonly CompiledProgram _schedule;
    private readonly CompiledProgram[] _evaluation;
    private readonly ScheduleBatch _batch;
    private readonly bool _streams;
    private readonly List<Value> _weights = [];
    private readonly Dictionary<Value, int> _weightIndex = [];
    private readonly HashSet<Value> _made = [];
    private readonly LoadedPart _before = new(), _loop = new();

    private Executable(IReadOnlyList<Value> roots, IReadOnlyList<Variant> variants, IReadOnlyList<PassReport> passes, Device device, CompileOptions options)
    {
        (_device, Passes, EvaluationCount, _streams) = (device, passes, options.Evaluations, options.Streams);
        Graph graph = roots[0].Graph;
        bool[] live = Liveness.Of(roots);
        List<Value[]> outputs = [];
        List<(int Slot, Value Value)[]> keeps = [];
        int next = 0;
        foreach (Variant variant in variants)
        {
            outputs.Add([.. roots.Skip(next).Take(variant.Outputs.Count)]);
            next += variant.Outputs.Count;
            keeps.Add([.. variant.Keeps.Select((keep, i) => (keep.Slot, roots[next + i]))]);
            next += variant.Keeps.Count;
        }

        _batch = new ScheduleBatch(graph, live, options.Evaluations);
        _layout = new RunLayout(graph, live, outputs, _batch);
        Location? InRun(Value v) => v.Stage == Stage.Load ? WeightOf(v, _before) : _layout.Find(v);
        Location? InSchedule(Value v) => v.Stage == Stage.Load ? WeightOf(v, _before) : _batch.External.TryGetValue(v, out Value outside) ? _layout.FindView(outside) : _layout.FindTable(v);

        IReadOnlyList<Node> NodesOf(Stage stage) => [.. graph.Nodes.Where(node => live[node.Id] && node.Stage == stage)];
        _request = new CompiledProgram("request", NodesOf(Stage.Request), InRun, [], device);
        _schedule = new CompiledProgram("schedule", [.. _batch.Graph.Nodes.Where(node => node.Stage == Stage.Schedule || (node.Stage == Stage.Request && node.Op is Repeat))], InSchedule, [], device);
        _evaluation = new CompiledProgram[variants.Count];
        for (int i = 0; i < variants.Count; i++)
        {
            List<Value> ends = [.. outputs[i], .. keeps[i].Select(keep => keep.Value)];
            bool[] needed = Liveness.Of(ends.Count > 0 ? ends : [roots[0]]);
            List<Node> nodes = [.. graph.Nodes.Take(needed.Length).Where(node => needed[node.Id] && node.Stage >= Stage.Evaluation)];
            nodes.AddRange(KeepNodes(graph, keeps[i]));
            int number = i;
            Location? InVariant(Value v) => v.Stage == Stage.Load ? WeightOf(v, _loop) : _layout.Find(v, number);
            _evaluation[i] = new CompiledProgram(variants.Count == 1 ? "evaluation" : $"evaluation {i}", nodes, InVariant, outputs[i].Where(v => v.Stage >= Stage.Evaluation), device);
        }

        Outputs = [.. outputs.Select((values, i) => (IReadOnlyList<Location>)[.. values.Select(v => v.Stage >= Stage.Evaluation ? _evaluation[i].Locate(v) : _request.Locate(v))])];
        OutputTypes = [.. outputs[0].Select(v => v.Type)];
        _before.Programs = [_request, _schedule];
        _loop.Programs = _evaluation;
        _addresses = new nint[_weights.Count];
        Memory = Report();
    }

    /// <summary>What each pass did.</summary>
    public IReadOnlyList<PassReport> Passes { get; }

    /// <summary>How many evaluations a run has.</summary>
    public int EvaluationCount { get; }

    /// <summary>The types of a variant's outputs.</summary>
    public IReadOnlyList<TensorType> OutputTypes { get; }

    /// <summary>The memory it needs.</summary>
    public MemoryReport Memory { get; }

    /// <summary>The programs, as a report shows them.</summary>
    public IReadOnlyList<ProgramReport> Programs => [new(_request), new(_schedule), .. _evaluation.Select((program, variant) => new ProgramReport(program, variant))];

    internal IReadOnlyList<IReadOnlyList<Location>> Outputs { get; }

    internal RunLayout Layout => _layout;

    internal Device Device => _device;

    /// <summary>Compiles what the variants need.</summary>
    /// <param name="variants">At least one; all give as many outputs, of equal types.</param>
    /// <param name="device">Where it will run.</param>
    /// <param name="options">Evaluations, storage type and passes.</param>
    /// <exception cref="NotSupportedException">The device does not store activations in the type.</exception>
    public static Executable Compile(IReadOnlyList<Variant> variants, Device device, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(device);
        options ??= new CompileOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(variants.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Evaluations);
        if (!device.Capabilities.Stores.Contains(options.Type))
        {
            throw new NotSupportedException($"The device '{device.Name}' stores activations as {string.Join(", ", device.Capabilities.Stores)}, not as {options.Type}.");
        }

        TensorType[] first = [.. variants[0].Outputs.Select(v => v.Type)];
        if (variants.Any(variant => !variant.Outputs.Select(v => v.Type).SequenceEqual(first)))
        {
            throw new ArgumentException("All variants must give outputs of equal number and types.", nameof(variants));
        }

        Value[] roots = [.. variants.SelectMany(variant => variant.Outputs.Concat(variant.Keeps.Select(keep => keep.Value)))];
        (IReadOnlyList<Value> optimised, IReadOnlyList<PassReport> reports) = PassPipeline.Run(roots, device, options, KeptRoots(variants));
        return new Executable(optimised, variants, reports, device, options);
    }

    /// <summary>Has the device make ready every kernel that the programs launch, though there are no weights yet.</summary>
    public void LoadKernels()
    {
        nint[] nowhere = new nint[_weights.Count];
        foreach (CompiledProgram program in AllPrograms())
        {
            _ = new BoundProgram(program, nowhere);
        }
    }

    // The slots in which roots are kept: each variant's results come first, then what it keeps.
    private static Dictionary<int, int> KeptRoots(IReadOnlyList<Variant> variants)
    {
        Dictionary<int, int> slots = [];
        int next = 0;
        foreach (Variant variant in variants)
        {
            next += variant.Outputs.Count;
            foreach (Keep keep in variant.Keeps)
            {
                slots[next++] = keep.Slot;
            }
        }

        return slots;
    }

    // Slots are written after everything has read them: what goes from one slot to another is first copied out of all slots.
    private List<Node> KeepNodes(Graph graph, IReadOnlyList<(int Slot, Value Value)> keeps)
    {
        List<Node> moved = [];
        List<Node> written = [];
        foreach ((int slot, Value value) in keeps)
        {
            Value source = value;
            if (Views.Root(value).Root.Producer.Op is SlotRead)
            {
                source = graph.Apply(new Copy(-1 - slot), [value]);
                moved.Add(source.Producer);
            }

            Value copy = graph.Apply(new Copy(slot), [source]);
            _layout.AddSlot(slot, copy);
            written.Add(copy.Producer);
        }

        return [.. moved, .. written];
    }

    private Location? WeightOf(Value value, LoadedPart reader)
    {
        // What its file has in another form is made anew for the launch that reads it, in the arena.
        if (_streams && Residency.Streams(value) && value.Producer.Op is Weight { MadeOf: not null })
        {
            _made.Add(value);
            return null;
        }

        if (!_weightIndex.TryGetValue(value, out int index))
        {
            // Load-stage values of the batched schedule are the same nodes in another graph; residency knows them by what they compute.
            index = _weights.Count;
            _weightIndex[value] = index;
            _weights.Add(value);
        }

        reader.Weights.Add(index);
        return new Location(new Place(Space.Weight, 0, value.Channels, value.Type.Type), index);
    }

    private IEnumerable<CompiledProgram> AllPrograms() => [_request, _schedule, .. _evaluation];

    // All that is there while a weight is prepared, but for itself: what the file has, where the device copies that, and the steps between.
    private long Loading(Value prepared)
    {
        HashSet<int> seen = [prepared.Node];
        long Behind(Node node) => node.Inputs.Where(input => seen.Add(input.Node)).Sum(input => Own(input.Producer) + Behind(input.Producer));
        long Own(Node node) => node.Op.IsView || (node.Op is Weight && !_device.CopiesWeights) ? 0 : node.Outputs.Sum(type => MemoryPlanner.Align(type.Bytes));
        return Behind(prepared.Producer);
    }

    private MemoryReport Report()
    {
        Value[] distinct = [.. _weights.Concat(_made).DistinctBy(Residency.Key)];
        bool Passes(Value v) => _streams && Residency.Streams(v);
        bool IsPrepared(Value v) => v.Producer.Op is not Weight;
        long AsInFile(IEnumerable<Value> values) => values.Where(v => !IsPrepared(v) && !Passes(v)).Sum(v => v.Type.Bytes);
        long Prepared(IEnumerable<Value> values) => values.Where(IsPrepared).Sum(v => MemoryPlanner.Align(v.Type.Bytes));
        Value[] ReadBy(LoadedPart part) => [.. part.Weights.Select(i => _weights[i]).DistinctBy(Residency.Key)];
        (Value[] before, Value[] loop) = (ReadBy(_before), ReadBy(_loop));
        return new MemoryReport(AsInFile(distinct), Prepared(distinct), distinct.Where(Passes).Sum(v => ((Weight)v.Producer.Op).StoredBytes), distinct.Where(IsPrepared).Select(Loading).DefaultIfEmpty().Max(), AllPrograms().Max(p => p.ArenaBytes), _layout.Bytes)
        {
            BeforeLoop = new(AsInFile(before), Prepared(before)),
            InLoop = new(AsInFile(loop), Prepared(loop)),
        };
    }
}

/// <summary>What a program does, for people.</summary>
internal sealed class ProgramReport
{
    internal ProgramReport(CompiledProgram program, int? variant = null)
    {
        (Name, Variant, ArenaBytes) = (program.Name, variant, program.ArenaBytes);
        Launches = [.. program.Steps.Select(step => new LaunchReport(step.Node.Op.Name, step.Node.Path, step.Node.Outputs[0].Shape, step.Node.Op.Work(new Operands(step.Node.InputTypes(), step.Node.Outputs)), step.Prepared.Estimate, step.Prepared.Kernel) { Operation = step.Node.Op, Inputs = step.Node.InputTypes(), Names = [.. step.Node.Inputs.Select(value => (value.Producer.Op as Input)?.Label)] })];
    }

    /// <summary>The stage, with the variant's number if there are several.</summary>
    public string Name { get; }

    /// <summary>The number of its variant; null for programs of the request and the schedule.</summary>
    public int? Variant { get; }

    /// <summary>Bytes of its arena.</summary>
    public long ArenaBytes { get; }

    /// <summary>Its launches in order.</summary>
    public IReadOnlyList<LaunchReport> Launches { get; }

    /// <summary>The work of all launches.</summary>
    public Work Work => Launches.Aggregate(default(Work), (sum, launch) => sum + launch.Work);
}

/// <summary>One launch, for people.</summary>
internal sealed record LaunchReport(string Op, string Path, Shape Result, Work Work, TimeSpan Estimate, string? Kernel)
{
    /// <summary>The op.</summary>
    public required Op Operation { get; init; }

    /// <summary>The types of its inputs.</summary>
    public required IReadOnlyList<TensorType> Inputs { get; init; }

    /// <summary>For each of its inputs the name, where it is one of the run's.</summary>
    public required IReadOnlyList<string?> Names { get; init; }
}
