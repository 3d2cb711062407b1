namespace IlgpuDiffusion.Gpu;

/// <summary>There is no device of the kind that was asked for; the message lists what was found, and why each was refused.</summary>
public sealed class GpuNotFoundException : DiffusionException
{
    /// <summary>With a message.</summary>
    public GpuNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public GpuNotFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public GpuNotFoundException()
    {
    }
}
