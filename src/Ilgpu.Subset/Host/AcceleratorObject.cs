namespace ILGPU.Runtime;

/// <summary>What belongs to an accelerator.</summary>
public abstract class AcceleratorObject : IDisposable
{
    internal AcceleratorObject(Accelerator accelerator)
    {
        Accelerator = accelerator;
    }

    public Accelerator Accelerator { get; }

    public void Dispose() => DisposeObject();

    private protected abstract void DisposeObject();
}
