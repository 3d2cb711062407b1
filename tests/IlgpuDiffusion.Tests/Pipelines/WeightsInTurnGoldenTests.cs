using IlgpuDiffusion.Components;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Where one component's weights are held at a time, those of a denoiser that are read before its loop alone leave when it begins.</summary>
[TestClass]
public sealed class WeightsInTurnGoldenTests
{
    [TestMethod]
    [DataRow("sd15")]
    [DataRow("sdxl")]
    [DataRow("sd3")]
    [DataRow("flux-dev")]
    public async Task ThePicturesAreTheSameAndTheWeightsHeldAsForetold(string model)
    {
        WatchedDevice device = new();
        using DeviceHost host = new(device);
        await using DiffusionPipeline together = TestModels.Open(Golden.Find($"models/{model}")), apart = DiffusionPipeline.Open(Golden.Find($"models/{model}"), new PipelineOptions { Host = host, Offload = true });
        GenerationRequest several = TestModels.Small with { BatchCount = 3, BatchSize = 2 };
        GenerationRequest[] requests = [TestModels.Small, TestModels.Small with { Prompt = "a lake" }, several, several with { Steps = 4, Prompt = "a [lake|house]" }];
        foreach (GenerationRequest request in model == "sd15" ? requests : requests[..2])
        {
            device.ForgetMost();
            byte[][] expected = await together.Pixels(request), pictures = await apart.Pixels(request);
            for (int i = 0; i < expected.Length; i++)
            {
                CollectionAssert.AreEqual(expected[i], pictures[i], $"{i} of {request}");
            }

            Assert.AreEqual(Foretold(apart, request), device.MostWeights, $"{request}");
        }

        ComponentUse denoiser = Uses(apart, TestModels.Small).Single(use => use.Denoises);
        Explanation said = apart.Explain(TestModels.Small);
        Assert.AreEqual((0, denoiser.Memory.Weights + denoiser.Memory.Prepared - denoiser.Memory.InLoop.AsInFile - denoiser.Memory.InLoop.Prepared), (together.Explain(TestModels.Small).EarlyWeightBytes, said.EarlyWeightBytes));
        Assert.AreEqual(0, apart.Explain(TestModels.Small with { Steps = 4, Prompt = "a [lake|house]" }).EarlyWeightBytes, "a text that changes needs them again");
        Assert.IsLessThan(denoiser.Memory.Held(inFiles: false, inTurn: false) * 0.99, denoiser.Held(inFiles: false));
    }

    // A device that reads weights where their files are mapped is asked for prepared ones alone.
    private static long Foretold(DiffusionPipeline pipeline, GenerationRequest request) => ComponentUse.HeldAtOnce(Uses(pipeline, request), inFiles: false).Max();

    private static IReadOnlyList<ComponentUse> Uses(DiffusionPipeline pipeline, GenerationRequest request)
    {
        ResolvedRequest chosen = pipeline.Generator.Choose(pipeline.Resolve(request));
        return chosen.Uses(pipeline.Model);
    }
}
