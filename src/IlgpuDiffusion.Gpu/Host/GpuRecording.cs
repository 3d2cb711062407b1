namespace IlgpuDiffusion.Gpu;

/// <summary>Whether a device's launches are recorded.</summary>
/// <param name="recorder">The driver's way to record.</param>
/// <param name="log">Takes a line for the user, or null.</param>
internal sealed class GpuRecording(ILaunchRecorder recorder, Action<string>? log)
{
    /// <summary>The driver's way to record.</summary>
    public ILaunchRecorder Recorder => recorder;

    /// <summary>False once it has failed.</summary>
    public bool IsUsed { get; private set; } = true;

    /// <summary>Says that recording failed: launches are queued one by one from now on.</summary>
    public void Refuse(Exception cause)
    {
        if (IsUsed)
        {
            IsUsed = false;
            log?.Invoke($"Kernels are queued one by one, since the driver did not record them ({cause.GetBaseException().Message.TrimEnd('.', ' ')}).");
        }
    }
}
