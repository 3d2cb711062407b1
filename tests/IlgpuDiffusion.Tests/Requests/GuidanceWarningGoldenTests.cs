using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Requests;

/// <summary>Settings of guidance that do nothing, or harm, are warned about.</summary>
[TestClass]
public sealed class GuidanceWarningGoldenTests
{
    [TestMethod]
    [DataRow("models/sd15", 7.5, 1, "blurry", null)]
    [DataRow("models/sd15", 1, 1, "", null)]
    [DataRow("models/sd15", 1, 1, "blurry", "The negative prompt is not read: without guidance the prompt runs alone. A cfg scale above 1 reads it.")]
    [DataRow("models/sd15", 0, 1, "", "A guidance of 0 is none, as 1 is: the prompt is followed, by itself.")]
    [DataRow("models/flux-dev", 3.5, 1, "", null)]
    [DataRow("models/flux-dev", 3.5, 1, "blurry", "The negative prompt is not read: 'flux-dev' takes the guidance scale as an input and runs the prompt alone. A true cfg scale above 1 reads it, at twice the work.")]
    [DataRow("models/flux-dev", 3.5, 2, "blurry", null)]
    public void GuidanceThatDoesNothingIsSaid(string model, double cfg, double trueCfg, string negative, string? warning)
    {
        using DiffusionPipeline pipeline = TestModels.Open(Golden.Find(model));
        string[] seen = [.. pipeline.Explain(new GenerationRequest { Prompt = "a red house", NegativePrompt = negative, CfgScale = cfg, TrueCfgScale = trueCfg, Width = 64, Height = 64, Steps = 2 }).Warnings
            .Where(text => text.Contains("guidance", StringComparison.Ordinal) || text.Contains("cfg", StringComparison.Ordinal))];
        CollectionAssert.AreEqual(warning is null ? [] : new[] { warning }, seen);
    }
}
