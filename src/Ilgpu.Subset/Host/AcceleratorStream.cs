namespace ILGPU.Runtime;

/// <summary>An order of work. Here everything has run when its call returns.</summary>
public abstract class AcceleratorStream : AcceleratorObject
{
    internal AcceleratorStream(Accelerator accelerator)
        : base(accelerator)
    {
    }

    public abstract void Synchronize();

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
