using System.Diagnostics;

namespace ILGPU.Runtime;

/// <summary>A moment in a stream; here always past.</summary>
public abstract class ProfilingMarker : AcceleratorObject
{
    internal ProfilingMarker(Accelerator accelerator)
        : base(accelerator)
    {
    }

    public abstract void Synchronize();

    public abstract TimeSpan MeasureFrom(ProfilingMarker marker);

    internal sealed class Past(Accelerator accelerator) : ProfilingMarker(accelerator)
    {
        private readonly long _moment = Stopwatch.GetTimestamp();

        public override void Synchronize()
        {
        }

        public override TimeSpan MeasureFrom(ProfilingMarker marker) => Stopwatch.GetElapsedTime(((Past)marker)._moment, _moment);

        private protected override void DisposeObject()
        {
        }
    }
}
