namespace IlgpuDiffusion.Testing;

/// <summary>A kernel did what it must not; the message names the device, the op, the layer and the place.</summary>
internal sealed class CheckException : Exception
{
    /// <summary>With a message.</summary>
    public CheckException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public CheckException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public CheckException()
    {
    }
}
