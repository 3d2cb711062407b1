using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Prompts that change while a picture is painted: texts are the same bits whether a prompt changes to them or begins with them.</summary>
[TestClass]
public sealed class PromptEditingGoldenTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 4, Prompt = "a red house", NegativePrompt = "clouds" };

    [TestMethod]
    [DataRow("[a red house:a boat:9]")]
    [DataRow("[a boat:a red house:0.1]")]
    [DataRow("a red [house|house]")]
    [DataRow("a [red:0] house")]
    public async Task ATextThatTakesEveryStepIsThatText(string prompt)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        CollectionAssert.AreEqual((await pipeline.Pixels(Request))[0], (await pipeline.Pixels(Request with { Prompt = prompt }))[0]);
    }

    [TestMethod]
    [DataRow("ddim", 4)]
    [DataRow("heun", 7)]
    public async Task EveryStepTakesItsText(string sampler, int evaluations)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest request = Request with { Sampler = sampler };
        Assert.AreEqual(evaluations, pipeline.Explain(request).Evaluations);
        byte[] house = (await pipeline.Pixels(request))[0];
        byte[] boat = (await pipeline.Pixels(request with { Prompt = "a boat" }))[0];
        byte[] changed = (await pipeline.Pixels(request with { Prompt = "[a red house:a boat:2]" }))[0];
        CollectionAssert.AreNotEqual(house, changed);
        CollectionAssert.AreNotEqual(boat, changed);
        CollectionAssert.AreNotEqual(changed, (await pipeline.Pixels(request with { Prompt = "[a red house:a boat:1]" }))[0]);
        CollectionAssert.AreNotEqual(changed, (await pipeline.Pixels(request with { Prompt = "[a red house|a boat]" }))[0]);
        CollectionAssert.AreNotEqual(changed, (await pipeline.Pixels(request with { Prompt = "[a red house:a boat:2]", NegativePrompt = "[clouds:a lake:2]" }))[0]);

        // And afterwards nothing of it is left.
        CollectionAssert.AreEqual(house, (await pipeline.Pixels(request))[0]);
    }

    [TestMethod]
    public async Task PicturesOfABatchBeginWithTheFirstText()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest request = Request with { Prompt = "[a red house:a boat:1]", BatchCount = 3, BatchSize = 2 };
        byte[][] batch = await pipeline.Pixels(request);
        for (int i = 0; i < 3; i++)
        {
            CollectionAssert.AreEqual(batch[i], (await pipeline.Pixels(request with { BatchCount = 1, Seed = request.Seed + (ulong)i }))[0]);
        }
    }

    [TestMethod]
    public async Task TextsOfDifferentLengthTakeTurns()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        string many = string.Join(", ", Enumerable.Repeat("a red house on the left", 30));
        Assert.HasCount(1, await pipeline.Pixels(Request with { Prompt = $"[a boat:{many}:2]" }));
        Assert.HasCount(1, await pipeline.Pixels(Request with { Prompt = "a boat", NegativePrompt = $"[{many}|clouds]", InitImage = new IlgpuDiffusion.Imaging.Image(64, 64), Strength = 0.5 }));
        Assert.HasCount(1, await pipeline.Pixels(Request with { Prompt = "[a boat:a lake:2]", CfgScale = 1, Policy = new AccelerationPolicy(new DeepCache { Every = 2 }) }));
    }
}
