using IlgpuDiffusion;
using Microsoft.Extensions.DependencyInjection;

namespace Postcards;

/// <summary>Paints postcards. It depends on the interface, so that its tests need no model.</summary>
public sealed class PostcardPainter(IDiffusionPipeline pipeline)
{
    /// <summary>A postcard as a PNG file.</summary>
    /// <param name="place">The place that it shows.</param>
    /// <param name="number">Equal numbers give equal postcards.</param>
    /// <param name="cancellationToken">Gives it up, waiting or being painted.</param>
    public async Task<byte[]> PaintAsync(string place, ulong number, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(place);
        GenerationRequest request = new() { Prompt = $"{place} at sunset", Width = 128, Height = 96, Steps = 8, Seed = number };
        GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellationToken);
        return result.Images[0].ToPng();
    }
}

/// <summary>Registers it.</summary>
public static class PostcardServices
{
    /// <summary>Adds the painter and the pipeline that it paints with.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="model">The model's folder.</param>
    public static IServiceCollection AddPostcards(this IServiceCollection services, string model) =>
        services.AddIlgpuDiffusion(options => options.Model = model).AddSingleton<PostcardPainter>();
}
