using Microsoft.Extensions.AI;

namespace IlgpuDiffusion.Extensions;

/// <summary>
/// A pipeline as the <see cref="IImageGenerator"/> of Microsoft.Extensions.AI. An original image is what the picture starts from; what the options of that library have no
/// member for is an additional property, named by <see cref="ImageProperties"/>, or a <see cref="GenerationRequest"/> that <see cref="ImageGenerationOptions.RawRepresentationFactory"/> gives.
/// </summary>
/// <example>
/// <code>
/// IImageGenerator generator = new DiffusionImageGenerator(pipeline);
/// ImageGenerationOptions options = new() { ImageSize = new Size(512, 512), AdditionalProperties = new() { [ImageProperties.Seed] = 7, [ImageProperties.Steps] = 20 } };
/// ImageGenerationResponse response = await generator.GenerateImagesAsync("a lighthouse", options);
/// byte[] png = ((DataContent)response.Contents[0]).Data.ToArray();
/// </code>
/// </example>
public sealed class DiffusionImageGenerator : IImageGenerator
{
    private readonly IDiffusionPipeline _pipeline;
    private readonly bool _owns;

    /// <summary>Takes a pipeline.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="ownsPipeline">Whether the pipeline is disposed of with the generator.</param>
    public DiffusionImageGenerator(IDiffusionPipeline pipeline, bool ownsPipeline = false)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        (_pipeline, _owns) = (pipeline, ownsPipeline);
    }

    /// <summary>Makes the pictures of a request: PNG files, each with how it was made. <see cref="ImageGenerationResponse.RawRepresentation"/> is the <see cref="GenerationResult"/>, a picture's the <see cref="GeneratedImage"/>.</summary>
    /// <exception cref="RequestException">A setting is out of range, of the wrong type, or asks for what is not there; nothing was run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the generator stays usable.</exception>
    public async Task<ImageGenerationResponse> GenerateAsync(ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        GenerationRequest asked = ImageRequests.Translate(request, options, this, _pipeline.ModelName);
        GenerationResult result = await _pipeline.GenerateAsync(asked, ImageRequests.Progress(options), cancellationToken).ConfigureAwait(false);
        return new ImageGenerationResponse([.. result.Images.Select(Content)]) { RawRepresentation = result };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ImageGeneratorMetadata) ? new ImageGeneratorMetadata("ilgpu-diffusion", null, _pipeline.ModelName)
            : serviceType.IsInstanceOfType(_pipeline) ? _pipeline
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Disposes of the pipeline, if it is the generator's own.</summary>
    public void Dispose()
    {
        if (_owns)
        {
            _pipeline.Dispose();
        }
    }

    private static DataContent Content(GeneratedImage image) => new(image.ToPng(), "image/png")
    {
        RawRepresentation = image,
        AdditionalProperties = new AdditionalPropertiesDictionary { [ImageProperties.Seed] = image.Seed },
    };
}
