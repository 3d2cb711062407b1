using System.Runtime.ExceptionServices;

namespace ILGPU.Running;

/// <summary>The groups of a launch that are still to be run, and the first fault.</summary>
internal sealed class Ticket(long groups)
{
    // A few groups at a time, so that short ones do not queue for the counter.
    private readonly long _step = Math.Clamp(groups / (Environment.ProcessorCount * 8L), 1, 64);
    private long _next;
    private ExceptionDispatchInfo? _fault;

    public bool Take(out long first, out long last)
    {
        first = Interlocked.Add(ref _next, _step) - _step;
        last = Math.Min(groups, first + _step);
        return first < groups && _fault is null;
    }

    public void Fail(Exception fault) => Interlocked.CompareExchange(ref _fault, ExceptionDispatchInfo.Capture(fault), null);

    public void ThrowIfFailed() => _fault?.Throw();
}
