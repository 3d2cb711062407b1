namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>What a run has on its device: memory, and launches that were recorded for it. A later run of the same executable takes it over, so that they need not be recorded again.</summary>
/// <param name="executable">The executable.</param>
/// <param name="memory">Inputs, row table, slots and outputs.</param>
internal sealed class RunMemory(Executable executable, DeviceMemory memory) : IDisposable
{
    private IReadOnlyList<BoundProgram>? _bound = executable.EvaluationsOrNull;
    private readonly Replay?[] _replays = new Replay?[executable.Outputs.Count];

    /// <summary>Inputs, row table, slots and outputs.</summary>
    public DeviceMemory Memory => memory;

    /// <summary>Whether launches are recorded, or are to be: what is left without any is not worth its memory.</summary>
    public bool Records => _replays.Any(replay => replay is not null);

    /// <summary>Whether it serves a run of an executable as it is now.</summary>
    public bool Serves(Executable other) => ReferenceEquals(executable, other) && ReferenceEquals(_bound, other.EvaluationsOrNull);

    /// <summary>How a variant's launches are run again; null where the device has no way of its own.</summary>
    public Replay? Replay(int variant)
    {
        // Weights that came in since lie elsewhere.
        if (!ReferenceEquals(_bound, executable.EvaluationsOrNull))
        {
            Forget();
            _bound = executable.EvaluationsOrNull;
        }

        return _replays[variant] ??= executable.Device.CreateReplay();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        memory.Dispose();
    }

    private void Forget()
    {
        foreach (Replay? replay in _replays)
        {
            replay?.Dispose();
        }

        Array.Clear(_replays);
    }
}
