using System.Runtime.CompilerServices;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Extensions.Tests;

/// <summary>A pipeline of a program's unit tests: the public surface alone, no model, no device.</summary>
internal sealed class FakePipeline : IDiffusionPipeline
{
    public List<GenerationRequest> Asked { get; } = [];

    public Exception? Fails { get; set; }

    public bool Disposed { get; private set; }

    public string ModelName => "fake";

    public string DeviceName => "nowhere";

    public FamilyDefaults Defaults { get; } = new(64, 2, 4);

    public int Pending => 0;

    public Task PrepareAsync(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Asked.Add(request);
        if (Fails is not null)
        {
            throw Fails;
        }

        progress?.Report(new GenerationProgress(1, 1, TimeSpan.FromSeconds(1)));
        return Task.FromResult(new GenerationResult([.. Enumerable.Range(0, request.BatchCount).Select(i => Picture(request, i))], new GenerationTimes(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3))));
    }

    public async IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new QueuedEvent(0);
        GenerationResult result = await GenerateAsync(request, cancellationToken: cancellationToken);
        foreach (GeneratedImage image in result.Images)
        {
            yield return new PictureEvent(0, image, result.Times);
        }
    }

    public void Dispose() => Disposed = true;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static GeneratedImage Picture(GenerationRequest request, int i)
    {
        ulong seed = (request.Seed ?? 1) + (ulong)i;
        GenerationMetadata metadata = new() { Prompt = request.Prompt, Seed = seed, Steps = 2, Sampler = "Euler", CfgScale = 4, Width = 8, Height = 8 };
        return new GeneratedImage(new Image(8, 8), seed, metadata);
    }
}
