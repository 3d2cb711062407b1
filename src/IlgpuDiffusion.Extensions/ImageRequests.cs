using System.Globalization;
using System.Text.Json;
using IlgpuDiffusion.Imaging;
using Microsoft.Extensions.AI;

namespace IlgpuDiffusion.Extensions;

/// <summary>What a request of Microsoft.Extensions.AI asks of a pipeline.</summary>
internal static class ImageRequests
{
    public static GenerationRequest Translate(ImageGenerationRequest request, ImageGenerationOptions? options, IImageGenerator generator, string model)
    {
        Require(options?.MediaType is null or "image/png", nameof(options.MediaType), $"Pictures are PNG files ('image/png'), not '{options?.MediaType}'.");
        Require(options?.ResponseFormat is null or ImageGenerationResponseFormat.Data, nameof(options.ResponseFormat), $"Pictures are given as data; there is no server to hold them as '{options?.ResponseFormat}'.");
        Require(options?.ModelId is null || options.ModelId == model, nameof(options.ModelId), $"The model is '{model}', not '{options?.ModelId}'. Leave the model out, or open a pipeline of that model.");

        GenerationRequest given = options?.RawRepresentationFactory?.Invoke(generator) as GenerationRequest ?? new GenerationRequest();
        AIContent[] originals = [.. request.OriginalImages ?? []];
        Require(originals.Length <= 1, nameof(request.OriginalImages), $"A picture starts from one original image, not from {originals.Length}.");
        return given with
        {
            Prompt = request.Prompt ?? given.Prompt,
            InitImage = originals.Length == 0 ? given.InitImage : Picture(nameof(request.OriginalImages), originals[0]),
            Width = options?.ImageSize?.Width ?? given.Width,
            Height = options?.ImageSize?.Height ?? given.Height,
            BatchCount = options?.Count ?? given.BatchCount,
            Seed = Number<ulong>(options, ImageProperties.Seed) ?? given.Seed,
            Steps = Number<int>(options, ImageProperties.Steps) ?? given.Steps,
            CfgScale = Number<double>(options, ImageProperties.CfgScale) ?? given.CfgScale,
            Strength = Number<double>(options, ImageProperties.Strength) ?? given.Strength,
            NegativePrompt = Value(options, ImageProperties.NegativePrompt)?.ToString() ?? given.NegativePrompt,
            Sampler = Value(options, ImageProperties.Sampler)?.ToString() ?? given.Sampler,
            Scheduler = Value(options, ImageProperties.Scheduler)?.ToString() ?? given.Scheduler,
            Mask = Value(options, ImageProperties.Mask) is { } mask ? Picture(ImageProperties.Mask, mask) : given.Mask,
        };
    }

    public static IProgress<GenerationProgress>? Progress(ImageGenerationOptions? options) => Value(options, ImageProperties.Progress) switch
    {
        null => null,
        IProgress<GenerationProgress> progress => progress,
        { } other => throw new RequestException(ImageProperties.Progress, $"'{ImageProperties.Progress}' must be an IProgress<GenerationProgress>, not {other.GetType().Name}."),
    };

    private static object? Value(ImageGenerationOptions? options, string name) => options?.AdditionalProperties?.GetValueOrDefault(name);

    private static T? Number<T>(ImageGenerationOptions? options, string name)
        where T : struct, IParsable<T> => Value(options, name) switch
        {
            null => null,
            T number => number,
            { } value => T.TryParse(value is JsonElement json ? json.ToString() : Convert.ToString(value, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out T number)
                ? number
                : throw new RequestException(name, $"'{name}' must be a number ({typeof(T).Name}); it is '{value}'."),
        };

    private static Image Picture(string name, object value)
    {
        try
        {
            return value switch
            {
                Image image => image,
                DataContent data => Image.FromPng(data.Data),
                byte[] bytes => Image.FromPng(bytes),
                ReadOnlyMemory<byte> bytes => Image.FromPng(bytes),
                UriContent uri => throw new RequestException(name, $"'{name}' is at '{uri.Uri}', and nothing is fetched from there. Give its bytes, as a DataContent."),
                _ => throw new RequestException(name, $"'{name}' must be a picture, as a DataContent; it is {value.GetType().Name}."),
            };
        }
        catch (InvalidDataException e)
        {
            throw new RequestException(name, $"'{name}': {e.Message}", e);
        }
    }

    private static void Require(bool condition, string setting, string message)
    {
        if (!condition)
        {
            throw new RequestException(setting, message);
        }
    }
}
