namespace IlgpuDiffusion;

/// <summary>A request cannot be carried out as it is; the message names the setting and says what is possible.</summary>
public sealed class RequestException : DiffusionException
{
    /// <summary>With the setting at fault.</summary>
    /// <param name="setting">The property's name, as <c>nameof(GenerationRequest.Width)</c>.</param>
    /// <param name="message">What is wrong with it and what to do.</param>
    /// <param name="innerException">The error that led to this one.</param>
    public RequestException(string setting, string message, Exception? innerException = null)
        : base(message, innerException) => Setting = setting;

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

    /// <summary>The property of <see cref="GenerationRequest"/> or <see cref="PipelineOptions"/> that is at fault; null where several do not go together.</summary>
    public string? Setting { get; }
}
