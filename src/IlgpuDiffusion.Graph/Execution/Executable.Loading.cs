using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

// The weights of its programs, all at one time or in turn: those that run before the loop alone, then those of the loop.
internal sealed partial class Executable
{
    private nint[] _addresses = [];
    private Residency? _residency;

    /// <summary>The request and the schedule program, bound to their weights.</summary>
    internal IReadOnlyList<BoundProgram> Before => _before.Bound ?? throw NotLoaded;

    /// <summary>The evaluation programs of the variants, bound to their weights.</summary>
    internal IReadOnlyList<BoundProgram> Evaluations => EvaluationsOrNull ?? throw NotLoaded;

    internal IReadOnlyList<BoundProgram>? EvaluationsOrNull => _loop.Bound;

    /// <summary>The addresses of the weights, by number.</summary>
    internal IReadOnlyList<nint> Addresses => _addresses;

    /// <summary>Computes the load stage and fixes every address, where that is not done or weights have left since.</summary>
    public void Load(Residency residency, IWeightSource weights, CancellationToken cancellation = default) => Load(residency, weights, null, cancellation);

    /// <summary>Computes the load stage and fixes every address, where that is not done or weights have left since.</summary>
    /// <param name="residency">Holds what is computed.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="progress">Is told of the bytes of weights that are ready, and of all that are made ready.</param>
    /// <param name="cancellation">Observed between weights.</param>
    /// <param name="which">The programs whose weights are wanted.</param>
    public void Load(Residency residency, IWeightSource weights, Action<long, long>? progress, CancellationToken cancellation, LoadedPrograms which = LoadedPrograms.All)
    {
        ArgumentNullException.ThrowIfNull(residency);
        LoadedPart[] missing = [.. PartsOf(which).Where(part => !part.IsLoaded)];
        if (missing.Length == 0)
        {
            return;
        }

        // What is asked for is brought in at one time, so that none of it leaves for the rest.
        int[] numbers = [.. PartsOf(which).SelectMany(part => part.Weights).Distinct().Order()];
        ResidentValue[] values = residency.Materialise([.. numbers.Select(i => _weights[i])], weights, _streams, progress, cancellation);
        _residency = residency;
        nint[] addresses = [.. _addresses];
        foreach ((int number, ResidentValue value) in numbers.Zip(values))
        {
            addresses[number] = value.Address;
        }

        Action?[]? releases = _streams ? [.. _weights.Select(weight => Releasing(weight, weights))] : null;
        foreach (LoadedPart part in PartsOf(which))
        {
            part.Resident = [.. part.Weights.Select(number => values[Array.BinarySearch(numbers, number)])];
            nint[] own = [.. part.Resident.Select(value => value.Address)];
            if (part.Bound is null || !part.Addresses.AsSpan().SequenceEqual(own))
            {
                part.Addresses = own;
                part.Bound = [.. part.Programs.Select(program => new BoundProgram(program, addresses, releases, weights))];
            }
        }

        _addresses = addresses;
    }

    /// <summary>Keeps the weights of some programs where they are until <see cref="Unpin"/>.</summary>
    /// <exception cref="InvalidOperationException">They have left since they were loaded.</exception>
    internal void Pin(LoadedPrograms which)
    {
        if (_residency is not null && !_residency.TryPin([.. PartsOf(which).SelectMany(part => part.Resident)]))
        {
            throw new InvalidOperationException("The executable's weights have left the device since they were loaded: call Load again.");
        }
    }

    /// <summary>Lets the weights of some programs leave again.</summary>
    internal void Unpin(LoadedPrograms which) => _residency?.Unpin([.. PartsOf(which).SelectMany(part => part.Resident)]);

    private static InvalidOperationException NotLoaded => new("The executable has no weights yet: call Load first.");

    private LoadedPart[] PartsOf(LoadedPrograms which) => which switch
    {
        LoadedPrograms.BeforeLoop => [_before],
        LoadedPrograms.Loop => [_loop],
        _ => [_before, _loop],
    };

    // Gives the pages of a weight that is streamed back, once a launch has read it.
    private static Action? Releasing(Value value, IWeightSource source)
    {
        if (!Residency.Streams(value))
        {
            return null;
        }

        string name = ((Weight)value.Producer.Op).Key;
        return () =>
        {
            source.Check(name);
            source.Release(name);
        };
    }

    // What the programs that are loaded together read, and that while it is held.
    private sealed class LoadedPart
    {
        // Numbers of weights.
        public SortedSet<int> Weights { get; } = [];

        public IReadOnlyList<CompiledProgram> Programs { get; set; } = [];

        public ResidentValue[] Resident { get; set; } = [];

        // Of the weights, where the programs were bound.
        public nint[] Addresses { get; set; } = [];

        public IReadOnlyList<BoundProgram>? Bound { get; set; }

        public bool IsLoaded => Bound is not null && Resident.All(value => value.IsResident);
    }
}

/// <summary>Programs of an executable by when they run.</summary>
internal enum LoadedPrograms
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>Those of the request and the schedule stage, which run once.</summary>
    BeforeLoop,

    /// <summary>Those of the evaluations.</summary>
    Loop,
}
