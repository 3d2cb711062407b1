using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>One request's use of an executable: its inputs, row table, slots and outputs. Not thread-safe; call it on the lane's thread.</summary>
internal sealed class Run : IDisposable
{
    private readonly Executable _executable;
    private readonly Lane _lane;
    private readonly RunMemory _memory;
    private readonly Action<LoadedPrograms, CancellationToken>? _bringIn;
    private LoadedPrograms? _pinned;
    private bool _prepared;
    private bool _disposed;

    private Run(Executable executable, Lane lane, Action<LoadedPrograms, CancellationToken>? bringIn)
    {
        (_executable, _lane, _bringIn) = (executable, lane, bringIn);
        Pin(bringIn is null ? LoadedPrograms.All : LoadedPrograms.BeforeLoop);
        try
        {
            lane.Reserve(executable.Memory.Arena);
            _memory = lane.Take(executable) ?? new RunMemory(executable, executable.Device.Allocate(Math.Max(executable.Layout.Bytes, MemoryPlanner.Alignment), "a run's inputs, results and kept features"));
        }
        catch
        {
            Unpin();
            throw;
        }
    }

    /// <summary>Begins a run of a loaded executable.</summary>
    /// <param name="executable">The executable.</param>
    /// <param name="lane">Where it runs.</param>
    /// <param name="bringIn">
    /// Loads the weights of some of the executable's programs, for one whose weights take turns: those before the loop are loaded, and may leave once they have run, when those of the loop are brought in.
    /// Null for one that is loaded whole.
    /// </param>
    public static Run Begin(Executable executable, Lane lane, Action<LoadedPrograms, CancellationToken>? bringIn = null)
    {
        ArgumentNullException.ThrowIfNull(executable);
        ArgumentNullException.ThrowIfNull(lane);
        return new Run(executable, lane, bringIn);
    }

    private nint Request => _memory.Memory.Address;

    private nint Table => Request + (nint)_executable.Layout.RequestBytes;

    private nint Row => Table + (nint)_executable.Layout.TableBytes;

    private nint Slot => Row + (nint)_executable.Layout.RowBytes;

    /// <summary>Sets an input: a request input's whole value, a schedule input's rows of all evaluations.</summary>
    /// <exception cref="ArgumentException">There is no such input, or the data have another size.</exception>
    public void Set<T>(string input, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(data);
        if (!_executable.Layout.Inputs.TryGetValue(input, out InputPlace at))
        {
            throw new ArgumentException($"There is no input '{input}'. Inputs: {string.Join(", ", _executable.Layout.Inputs.Keys)}.", nameof(input));
        }

        if (bytes.Length != at.Type.Bytes)
        {
            throw new ArgumentException($"Input '{input}' is {at.Type}, {at.Type.Bytes} bytes; was given {bytes.Length}.", nameof(data));
        }

        _executable.Device.Upload((at.Place.Space == Space.Row ? Table : Bases()[at.Place.Space]) + (nint)at.Place.Offset, bytes);
        _prepared = _prepared && at.Place.Space == Space.Slot;
    }

    /// <summary>Whether the executable reads an input of this name.</summary>
    public bool Takes(string input) => _executable.Layout.Inputs.ContainsKey(input);

    /// <summary>The address at which an evaluation input is read, for copies on the device.</summary>
    public nint Address(string input)
    {
        Place at = _executable.Layout.Inputs[input].Place;
        return Bases()[at.Space] + (nint)at.Offset;
    }

    /// <summary>The address of an output that has memory of its own.</summary>
    public nint OutputAddress(int output, int variant = 0) => At(_executable.Outputs[variant][output]);

    /// <summary>Runs the request and schedule stages if their inputs have changed.</summary>
    public void Prepare(CancellationToken cancellation = default)
    {
        if (_prepared)
        {
            return;
        }

        TurnTo(LoadedPrograms.BeforeLoop, cancellation);
        _executable.Before[0].Run(Bases(), cancellation);
        _executable.Before[1].Run(Bases() with { Row = Table }, cancellation);
        TurnTo(LoadedPrograms.Loop, cancellation);
        _prepared = true;
    }

    /// <summary>Runs one evaluation. Allocates nothing.</summary>
    /// <param name="evaluation">Which row of the schedule.</param>
    /// <param name="variant">Which structure.</param>
    /// <param name="cancellation">Observed between work items.</param>
    public void Evaluate(int evaluation = 0, int variant = 0, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(evaluation);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(evaluation, _executable.EvaluationCount);
        Prepare(cancellation);
        CopyRows(evaluation);
        BoundProgram program = _executable.Evaluations[variant];
        if (_memory.Replay(variant) is not { } replay)
        {
            program.Run(Bases(), cancellation);
        }
        else
        {
            replay.Run(program.Launches, Bases(), cancellation);
        }
    }

    /// <summary>Runs all stages once, the prepared ones too, and times every launch.</summary>
    /// <param name="evaluation">Which row of the schedule.</param>
    /// <param name="variant">Which structure.</param>
    /// <param name="cancellation">Observed between work items.</param>
    /// <returns>The launches in the order in which they ran.</returns>
    public IReadOnlyList<LaunchTime> Profile(int evaluation = 0, int variant = 0, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(evaluation);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(evaluation, _executable.EvaluationCount);
        List<LaunchTime> times = [];
        using DeviceClock clock = _executable.Device.CreateClock();
        TurnTo(LoadedPrograms.BeforeLoop, cancellation);
        _executable.Before[0].Profile(Bases(), clock, times, cancellation);
        _executable.Before[1].Profile(Bases() with { Row = Table }, clock, times, cancellation);
        TurnTo(LoadedPrograms.Loop, cancellation);
        _prepared = true;
        CopyRows(evaluation);
        _executable.Evaluations[variant].Profile(Bases(), clock, times, cancellation);
        return times;
    }

    /// <summary>Reads an F32 output, [B, H, W, C] without gaps.</summary>
    public float[] Read(int output = 0, int variant = 0)
    {
        Shape shape = _executable.OutputTypes[output].Shape;
        float[] result = new float[shape.Count];
        Location location = _executable.Outputs[variant][output];
        Place place = location.Place;
        if (place.RowStride == shape.Channels)
        {
            _executable.Device.Download(At(location), MemoryMarshal.AsBytes(result.AsSpan()));
            return result;
        }

        for (int row = 0; row < shape.Rows; row++)
        {
            _executable.Device.Download(At(location) + (nint)row * place.RowStride * sizeof(float), MemoryMarshal.AsBytes(result.AsSpan(row * shape.Channels, shape.Channels)));
        }

        return result;
    }

    /// <summary>Ends it. Launches that the device has recorded stay with the lane, for the next run of this executable.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Unpin();
            _lane.Keep(_memory);
        }
    }

    // Where weights take turns, those of other programs may leave for these.
    private void TurnTo(LoadedPrograms which, CancellationToken cancellation)
    {
        if (_bringIn is not null && _pinned != which)
        {
            Unpin();
            _bringIn(which, cancellation);
            Pin(which);
        }
    }

    private void Pin(LoadedPrograms which)
    {
        _executable.Pin(which);
        _pinned = which;
    }

    private void Unpin()
    {
        if (_pinned is { } which)
        {
            _pinned = null;
            _executable.Unpin(which);
        }
    }

    private void CopyRows(int evaluation)
    {
        IReadOnlyList<RowCopy> rows = _executable.Layout.Rows;
        for (int i = 0; i < rows.Count; i++)
        {
            _executable.Device.Copy(Table + (nint)(rows[i].Table + evaluation * rows[i].Bytes), Row + (nint)rows[i].Row, rows[i].Bytes);
        }
    }

    private nint At(in Location at) => Bases().Address(at.Place) + (at.Weight < 0 ? 0 : _executable.Addresses[at.Weight]);

    private Bases Bases() => new(0, Request, Row, Slot, _lane.Arena);
}
