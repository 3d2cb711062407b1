namespace IlgpuDiffusion.Graphs;

/// <summary>Runs the launches of one program for one run, again and again; a device may record them once and run the recording from then on.</summary>
internal abstract class Replay : IDisposable
{
    /// <summary>Runs the launches, by themselves or as a recording. Allocates nothing once they are recorded.</summary>
    /// <param name="launches">The same ones at every call.</param>
    /// <param name="bases">Where the spaces lie; new ones make a recording worthless.</param>
    /// <param name="cancellation">Observed in front of a recording, and between launches.</param>
    public abstract void Run(ReadOnlySpan<Launch> launches, in Bases bases, CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract void Dispose();
}
