namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>How the process of a step ended.</summary>
/// <param name="ExitCode">What it gave; null where it was ended since it hung.</param>
/// <param name="Begun">How many cases it had begun, those left out included.</param>
internal readonly record struct StepEnd(int? ExitCode, int Begun)
{
    /// <summary>What a process gives that has lost the device: another process may still have it.</summary>
    public const int Lost = 3;

    /// <summary>Whether a further process is to do the cases behind the one at which this ended: it lost the device, crashed or hung, and came farther than the one before.</summary>
    /// <param name="skipped">How many cases it left out.</param>
    public bool GoesOn(int skipped) => ExitCode is not (0 or 1) && Begun > skipped;
}
