using IlgpuDiffusion.Components;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The models that pipelines are tested with, and small requests for them.</summary>
internal static class TestModels
{
    /// <summary>The trained model that ships: what a prompt says matters.</summary>
    public static string Papercut => Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Papercut", "model");

    /// <summary>A tiny model of random weights, for what does not depend on training.</summary>
    public static string Tiny => Golden.Find("models/sd15");

    /// <summary>Two steps at 64 x 64.</summary>
    public static GenerationRequest Small { get; } = new() { Prompt = "a red house on the left", NegativePrompt = "clouds", Width = 64, Height = 64, Steps = 2, CfgScale = 4, Seed = 7 };

    public static DiffusionPipeline Open(string model, int threads = 2) => DiffusionPipeline.Open(model, new PipelineOptions { Threads = threads });

    /// <summary>With all 3×3 convolutions computed in one way.</summary>
    public static DiffusionPipeline Open(string model, ConvolutionMethod convolutions) =>
        DiffusionPipeline.Open(model, new PipelineOptions(), () => new CpuDevice(new CpuDeviceOptions { Threads = 2, Convolutions = convolutions }));

    /// <summary>The pixels of a request's pictures.</summary>
    public static async Task<byte[][]> Pixels(this DiffusionPipeline pipeline, GenerationRequest request) =>
        [.. (await pipeline.GenerateAsync(request)).Images.Select(image => image.Image.Pixels)];

    /// <summary>The bits of a request's last latents, [B, h, w, c], on the lane.</summary>
    public static Task<float[]> Latents(this DiffusionPipeline pipeline, GenerationRequest request)
    {
        ResolvedRequest resolved = pipeline.Resolve(request);
        return pipeline.OnLane(() =>
        {
            IReadOnlyDictionary<string, HostTensor> conditioning = pipeline.Model.Conditioner.Encode(resolved.Conditioning, CancellationToken.None);
            EncodedPicture? picture = StartPicture.Of(resolved) is { } start ? pipeline.Generator.Encode(start, resolved, CancellationToken.None) : null;
            return pipeline.Generator.Denoise(resolved, conditioning, picture, null, CancellationToken.None);
        });
    }
}

/// <summary>Tells at once, on the reporting thread.</summary>
internal sealed class Immediate<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
