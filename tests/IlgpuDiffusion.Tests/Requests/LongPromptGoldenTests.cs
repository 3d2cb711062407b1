using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Requests;

/// <summary>A prompt of which an encoder reads the beginning alone is warned about.</summary>
[TestClass]
public sealed class LongPromptGoldenTests
{
    private static readonly string Long = string.Join(' ', Enumerable.Repeat("a red house", 200));

    [TestMethod]
    [DataRow("models/sd3")]
    [DataRow("models/flux-dev")]
    public void WhatT5DoesNotReadIsSaid(string model)
    {
        using DiffusionPipeline pipeline = TestModels.Open(Golden.Find(model));
        GenerationRequest request = new() { Prompt = Long, Width = 64, Height = 64, Steps = 1 };
        StringAssert.Matches(pipeline.Explain(request).Warnings.Single(warning => warning.Contains("text encoder", StringComparison.Ordinal)), new(@"^The prompt is longer .* its last \d+ tokens are left out"));
        Assert.IsFalse(pipeline.Explain(request with { Prompt = "a red house" }).Warnings.Any(warning => warning.Contains("text encoder", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void WhatClipTakesInChunksIsReadToItsEnd()
    {
        using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        Assert.IsFalse(pipeline.Explain(TestModels.Small with { Prompt = Long }).Warnings.Any(warning => warning.Contains("text encoder", StringComparison.Ordinal)));
    }
}
