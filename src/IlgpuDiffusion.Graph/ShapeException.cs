namespace IlgpuDiffusion.Graphs;

/// <summary>An op was given inputs that do not fit; the message names the op, the layer and the shapes.</summary>
internal sealed class ShapeException : Exception
{
    /// <summary>With a message.</summary>
    public ShapeException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public ShapeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public ShapeException()
    {
    }

    internal static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ShapeException(message);
        }
    }
}
