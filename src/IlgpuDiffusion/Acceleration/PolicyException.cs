using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Acceleration;

/// <summary>A policy cannot be followed; the message names the setting and says what is possible.</summary>
public sealed class PolicyException : DiffusionException
{
    /// <summary>With a message.</summary>
    public PolicyException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public PolicyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public PolicyException()
    {
    }

    internal static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new PolicyException(message);
        }
    }

    internal static void Require(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref RequirementMessage message)
    {
        if (!condition)
        {
            throw new PolicyException(message.Text());
        }
    }
}
