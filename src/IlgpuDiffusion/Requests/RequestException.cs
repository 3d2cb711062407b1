namespace IlgpuDiffusion;

/// <summary>A request cannot be carried out as it is; the message names the setting and says what is possible.</summary>
public sealed class RequestException : ArgumentException
{
    /// <summary>With a message.</summary>
    public RequestException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public RequestException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public RequestException()
    {
    }
}
