using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion;

/// <summary>The pictures of a request, in the order of their seeds.</summary>
/// <param name="Images">The pictures.</param>
/// <param name="Times">Where the time went.</param>
public sealed record GenerationResult(IReadOnlyList<GeneratedImage> Images, GenerationTimes Times)
{
    /// <summary>Where the time was expected to go (<see cref="Explanation.Expected"/>).</summary>
    public GenerationTimes Expected { get; init; }
}

/// <summary>A finished picture.</summary>
/// <param name="Image">Its pixels.</param>
/// <param name="Seed">The seed that makes it again.</param>
/// <param name="Metadata">How it was made.</param>
public sealed record GeneratedImage(Image Image, ulong Seed, GenerationMetadata Metadata)
{
    /// <summary>How it was made, as stable-diffusion-webui writes it into PNG files.</summary>
    public string Parameters => ParametersText.Format(Metadata);

    /// <summary>Writes a PNG file that says how it was made, whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it and says why.</exception>
    public void Save(string path) => Image.Save(path, Text);

    /// <summary>Writes a PNG file that says how it was made to a stream, which stays open.</summary>
    public void Save(Stream stream) => Image.Save(stream, Text);

    /// <summary>The bytes of a PNG file that says how it was made.</summary>
    public byte[] ToPng() => Image.ToPng(Text);

    private PngText Text => new(ParametersText.Keyword, Parameters);
}

/// <summary>Where a request's time went.</summary>
/// <param name="Text">Prompts, and a start picture, to what the network takes.</param>
/// <param name="Denoising">All evaluations of the network.</param>
/// <param name="Decoding">Latents to pictures.</param>
public readonly record struct GenerationTimes(TimeSpan Text, TimeSpan Denoising, TimeSpan Decoding)
{
    /// <summary>All of it.</summary>
    public TimeSpan Total => Text + Denoising + Decoding;
}

/// <summary>A step is done.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="StepTime">How long this one took.</param>
public readonly record struct GenerationProgress(int Step, int Steps, TimeSpan StepTime);

/// <summary>A component is ready, or, on a device with memory of its own, some more of its weights have been copied there.</summary>
/// <param name="Component">Which.</param>
/// <param name="Done">Components ready; this one is not among them while its weights are copied.</param>
/// <param name="Count">Components in all.</param>
/// <param name="Bytes">Bytes of the component's weights that have been copied to the device; 0 where the device reads the files.</param>
/// <param name="TotalBytes">Bytes that are to be copied; 0 where the device reads the files, or has them already.</param>
public readonly record struct LoadProgress(string Component, int Done, int Count, long Bytes = 0, long TotalBytes = 0);

/// <summary>Something more of a calibration is measured.</summary>
/// <param name="What">What is measured, as people read it.</param>
/// <param name="Done">How many are.</param>
/// <param name="Count">How many there are, as far as it is known.</param>
public readonly record struct CalibrationProgress(string What, int Done, int Count)
{
    /// <summary>How long the rest is expected to take; null where that is not known.</summary>
    public TimeSpan? Left { get; init; }
}

/// <summary>Something that happened to a request.</summary>
public abstract record GenerationEvent;

/// <summary>The request waits for the device.</summary>
/// <param name="Ahead">Requests before it, the running one included.</param>
public sealed record QueuedEvent(int Ahead) : GenerationEvent;

/// <summary>A step is done.</summary>
public sealed record StepEvent(GenerationProgress Progress) : GenerationEvent;

/// <summary>What the first picture looks like so far: its latents, decoded at full size.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Image">The picture.</param>
public sealed record PreviewEvent(int Step, Image Image) : GenerationEvent;

/// <summary>A picture is finished.</summary>
/// <param name="Index">Its number in the request.</param>
/// <param name="Picture">The picture.</param>
/// <param name="Times">Where the time went since the picture before it that was painted at another time, or the request's begin.</param>
public sealed record PictureEvent(int Index, GeneratedImage Picture, GenerationTimes Times) : GenerationEvent;
