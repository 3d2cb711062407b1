using IlgpuDiffusion;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace Postcards.Tests;

/// <summary>Without a model: what the painter asks for, in no time.</summary>
[TestClass]
public sealed class FakedTests
{
    [TestMethod]
    public async Task ThePlaceIsInThePrompt()
    {
        using FakePipeline pipeline = new();
        await new PostcardPainter(pipeline).PaintAsync("a green meadow", 3);
        Assert.AreEqual("a green meadow at sunset", pipeline.Asked!.Prompt);
        Assert.AreEqual(3ul, pipeline.Asked.Seed);
    }

    private sealed class FakePipeline : IDiffusionPipeline
    {
        public GenerationRequest? Asked { get; private set; }

        public string ModelName => "fake";

        public string DeviceName => "none";

        public FamilyDefaults Defaults { get; } = new(128, 8, 4);

        public int Pending => 0;

        public Task PrepareAsync(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
        {
            Asked = request;
            GenerationMetadata metadata = new() { Prompt = request.Prompt, Seed = request.Seed, Steps = request.Steps, Width = 8, Height = 8 };
            return Task.FromResult(new GenerationResult([new GeneratedImage(new Image(8, 8), request.Seed ?? 0, metadata)], default));
        }

        public IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
