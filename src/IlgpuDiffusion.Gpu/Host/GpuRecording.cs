namespace IlgpuDiffusion.Gpu;

/// <summary>Whether a device's launches are recorded.</summary>
/// <param name="recorder">The driver's way to record.</param>
/// <param name="log">Takes a line for the user, or null.</param>
internal sealed class GpuRecording(ILaunchRecorder recorder, Action<string>? log)
{
    /// <summary>The driver's way to record.</summary>
    public ILaunchRecorder Recorder => recorder;

    // What spoiled one recording may be over: another program, a driver's call of the host program's.
    private const int Attempts = 2;

    private int _failed;

    /// <summary>False once it has failed twice.</summary>
    public bool IsUsed => _failed < Attempts;

    /// <summary>Says that recording failed: after the second time launches are queued one by one.</summary>
    public void Refuse(Exception cause)
    {
        if (IsUsed && ++_failed == Attempts)
        {
            log?.Invoke($"Kernels are queued one by one, since the driver did not record them ({cause.GetBaseException().Message.TrimEnd('.', ' ')}).");
        }
    }
}
