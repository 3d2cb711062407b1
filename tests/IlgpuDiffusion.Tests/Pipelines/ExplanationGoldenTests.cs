using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>What explain predicts, against what a run does.</summary>
[TestClass]
public sealed class ExplanationGoldenTests
{
    [TestMethod]
    public async Task NoWeightIsRead()
    {
        using ModelCopy model = new();
        foreach (string component in new[] { "unet", "vae", "text_encoder" })
        {
            model.Rewrite(component, (name, values) =>
            {
                Array.Fill(values, float.NaN);
                return (name, values);
            });
        }

        WatchedDevice device = new();
        await using DiffusionPipeline damaged = DiffusionPipeline.Open(model.Folder, new PipelineOptions(), () => device);
        await using DiffusionPipeline sound = TestModels.Open(TestModels.Tiny);
        Explanation a = damaged.Explain(TestModels.Small);
        Explanation b = sound.Explain(TestModels.Small);
        Assert.AreEqual(0, device.Live, "memory taken to explain");
        Assert.AreEqual(b.Flops, a.Flops);
        Assert.AreEqual(b.ArenaBytes, a.ArenaBytes);
        Assert.AreEqual(b.MappedWeightBytes, a.MappedWeightBytes);
        Assert.AreEqual(b.PreparedWeightBytes, a.PreparedWeightBytes);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task TheMemoryIsWhatARunTakes(bool fromPicture)
    {
        GenerationRequest request = TestModels.Small with { Width = 96, BatchCount = 2, InitImage = fromPicture ? new Image(96, 64) : null, Strength = 1 };
        WatchedDevice device = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions(), () => device);
        Explanation explanation = pipeline.Explain(request);
        await pipeline.GenerateAsync(request);

        Assert.AreEqual(explanation.ArenaBytes, device.Largest["activations"]);
        Assert.AreEqual(explanation.ArenaBytes, device.LiveFor("activations"));
        Assert.AreEqual(explanation.PreparedWeightBytes, device.LiveFor("weights"));
        Assert.AreEqual(explanation.RunBytes, device.Largest["a run's inputs, results and kept features"]);
        Assert.AreEqual(device.LiveFor("weights") + device.LiveFor("activations"), device.Live, "what stays after a request");
    }

    [TestMethod]
    public async Task ASecondSizeOfPictureSharesThePackedWeights()
    {
        WatchedDevice device = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => device);
        await pipeline.GenerateAsync(TestModels.Small);
        long weights = device.LiveFor("weights");
        await pipeline.GenerateAsync(TestModels.Small with { Width = 128, Height = 72, Steps = 1, CfgScale = 1, BatchCount = 3 });
        Assert.AreEqual(weights, device.LiveFor("weights"));
    }

    [TestMethod]
    public async Task TheWorkCountsEvaluationsBranchesAndPictures()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest request = TestModels.Small with { Steps = 6 };
        Explanation guided = pipeline.Explain(request);
        Assert.AreEqual(6, guided.Evaluations);
        Assert.AreEqual(11, pipeline.Explain(request with { Sampler = "heun" }).Evaluations);
        CollectionAssert.AreEqual(new[] { "text encoder", "denoiser", "decoder" }, guided.Components.Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(
            new[] { "text encoder", "encoder", "denoiser", "decoder" },
            pipeline.Explain(request with { InitImage = new Image(64, 64) }).Components.Select(c => c.Name).ToArray());

        long denoiser = guided.Components[1].Flops;
        Assert.IsGreaterThan(denoiser * 9 / 5, pipeline.Explain(request with { BatchCount = 2 }).Components[1].Flops);
        Assert.IsLessThan(denoiser * 3 / 5, pipeline.Explain(request with { CfgScale = 1 }).Components[1].Flops);
        Assert.AreEqual(2 * guided.Components[2].Flops, pipeline.Explain(request with { BatchCount = 2 }).Components[2].Flops);
    }
}
