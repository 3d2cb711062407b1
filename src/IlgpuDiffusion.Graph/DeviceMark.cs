namespace IlgpuDiffusion.Graphs;

/// <summary>A point in what a device has queued, for which the host can wait; it may be set again once it was reached.</summary>
internal abstract class DeviceMark : IDisposable
{
    /// <summary>Whether the device has come to where it was last set.</summary>
    public abstract bool IsReached { get; }

    /// <summary>Sets it behind everything that is queued now. Allocates nothing.</summary>
    public abstract void Set();

    /// <summary>Waits until the device has come to it.</summary>
    public abstract void Wait();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>The mark of devices whose work is done when a call returns.</summary>
internal sealed class ReachedMark : DeviceMark
{
    public static ReachedMark Instance { get; } = new();

    public override bool IsReached => true;

    public override void Set()
    {
    }

    public override void Wait()
    {
    }

    public override void Dispose()
    {
    }
}
