namespace ILGPU.Runtime;

/// <summary>An order of work. Here everything has run when its call returns.</summary>
public abstract class AcceleratorStream : AcceleratorObject
{
    internal AcceleratorStream(Accelerator accelerator)
        : base(accelerator)
    {
    }

    public abstract void Synchronize();

    /// <summary>Marks this moment; the context must have been made with Profiling.</summary>
    public ProfilingMarker AddProfilingMarker() => Accelerator.Context.IsProfiled
        ? new ProfilingMarker.Past(Accelerator)
        : throw new NotSupportedException("Markers are for contexts that are built with Profiling().");

    internal sealed class Immediate(Accelerator accelerator) : AcceleratorStream(accelerator)
    {
        public override void Synchronize()
        {
        }

        private protected override void DisposeObject()
        {
        }
    }
}
