using Microsoft.Extensions.Logging;

namespace IlgpuDiffusion.Extensions;

/// <summary>What is logged; prompts are not.</summary>
internal static partial class Messages
{
    [LoggerMessage(1, LogLevel.Information, "Opened {Model} on {Device}.")]
    public static partial void Opened(this ILogger logger, string model, string device);

    [LoggerMessage(2, LogLevel.Information, "The weights of {Model} are ready.")]
    public static partial void Loaded(this ILogger logger, string model);

    [LoggerMessage(3, LogLevel.Information, "Painted {Pictures} picture(s) with {Model} in {Seconds:0.0} s (text {Text:0.0} s, denoising {Denoising:0.0} s, decoding {Decoding:0.0} s).")]
    public static partial void Painted(this ILogger logger, int pictures, string model, double seconds, double text, double denoising, double decoding);

    [LoggerMessage(4, LogLevel.Information, "A request to {Model} was cancelled after {Seconds:0.0} s.")]
    public static partial void Cancelled(this ILogger logger, string model, double seconds);

    [LoggerMessage(5, LogLevel.Warning, "A request to {Model} was refused for its setting {Setting}: {Reason}")]
    public static partial void Refused(this ILogger logger, string model, string? setting, string reason);

    [LoggerMessage(6, LogLevel.Error, "A request to {Model} failed after {Seconds:0.0} s.")]
    public static partial void Failed(this ILogger logger, string model, double seconds, Exception exception);
}
