namespace IlgpuDiffusion;

/// <summary>
/// What this product throws of its own accord: a request, a policy, a model's files or a device cannot do what is asked. The message says which, and what to do. Those that are
/// derived from it tell the causes apart.
/// </summary>
/// <remarks>Pictures that cannot be read or written throw <see cref="InvalidDataException"/> and <see cref="IOException"/>, as files do everywhere.</remarks>
public class DiffusionException : Exception
{
    /// <summary>With a message.</summary>
    public DiffusionException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public DiffusionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public DiffusionException()
    {
    }
}
