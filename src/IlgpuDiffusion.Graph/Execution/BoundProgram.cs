namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>A program whose launches know where everything lies.</summary>
internal sealed class BoundProgram
{
    private readonly Launch[] _launches;
    private readonly Action?[]? _after;
    private readonly IWeightSource? _source;

    /// <param name="program">The program.</param>
    /// <param name="weights">The addresses of the weights that its locations number.</param>
    /// <param name="releases">By the same numbers, what gives a weight back once a launch has read it, or null.</param>
    /// <param name="source">What makes the weights that the program has in its arena.</param>
    public BoundProgram(CompiledProgram program, nint[] weights, Action?[]? releases = null, IWeightSource? source = null)
    {
        (Program, _source) = (program, source);
        _launches = new Launch[program.Steps.Count];
        _after = releases is null ? null : [.. program.Steps.Select(step => step.Locations.Where(at => at.Weight >= 0).Select(at => releases[at.Weight]).FirstOrDefault(release => release is not null))];
        for (int i = 0; i < _launches.Length; i++)
        {
            Step step = program.Steps[i];
            Place[] places = Array.ConvertAll(step.Locations, at => at.Weight < 0 ? at.Place : at.Place with { Offset = at.Place.Offset + weights[at.Weight] });
            _launches[i] = step.Prepared.Bind(places, step.Node.Path);
        }
    }

    public CompiledProgram Program { get; }

    /// <summary>The launches, in order.</summary>
    public ReadOnlySpan<Launch> Launches => _launches;

    /// <summary>Runs every launch in order; allocates nothing.</summary>
    public void Run(in Bases bases, CancellationToken cancellation)
    {
        for (int i = 0; i < _launches.Length; i++)
        {
            Run(i, bases, cancellation);
        }
    }

    /// <summary>Runs every launch in order and adds what each took; the clock is read at the end, so that a device that queues is not held up.</summary>
    public void Profile(in Bases bases, DeviceClock clock, List<LaunchTime> times, CancellationToken cancellation)
    {
        clock.Tick();
        for (int i = 0; i < _launches.Length; i++)
        {
            Run(i, bases, cancellation);
            clock.Tick();
        }

        IReadOnlyList<TimeSpan> taken = clock.Read();
        for (int i = 0; i < _launches.Length; i++)
        {
            Node node = Program.Steps[i].Node;
            TensorType[] inputs = node.InputTypes();
            times.Add(new LaunchTime(Program.Name, node.Op, node.Path, inputs, node.Outputs[0], node.Op.Work(new Operands(inputs, node.Outputs)), taken[i]));
        }
    }

    private void Run(int launch, in Bases bases, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        foreach ((string name, Place place) in Program.Steps[launch].Made)
        {
            _source!.Make(name, bases.Address(place));
        }

        _launches[launch].Run(bases, cancellation);
        _after?[launch]?.Invoke();
    }
}

/// <summary>One launch with the time that it took.</summary>
/// <param name="Program">The program that it belongs to.</param>
/// <param name="Op">What it computes.</param>
/// <param name="Path">The layer.</param>
/// <param name="Inputs">The types of its inputs.</param>
/// <param name="Result">The type of its first result.</param>
/// <param name="Work">Its arithmetic and memory traffic.</param>
/// <param name="Time">From its start to its end, as the device's clock has it.</param>
internal sealed record LaunchTime(string Program, Op Op, string Path, IReadOnlyList<TensorType> Inputs, TensorType Result, Work Work, TimeSpan Time);
