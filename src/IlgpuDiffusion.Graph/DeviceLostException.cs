namespace IlgpuDiffusion.Graphs;

/// <summary>A device stopped working: a driver was reset, or hardware failed or went away. What lay on it is lost; the process lives on.</summary>
public sealed class DeviceLostException : DiffusionException
{
    /// <summary>With a message.</summary>
    public DeviceLostException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public DeviceLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public DeviceLostException()
    {
    }
}
