using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Policies through the whole pipeline, on the model that ships.</summary>
[TestClass]
public sealed class PolicyPapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 6 };

    public static IEnumerable<object[]> Neutral =>
    [
        [new AccelerationPolicy()],
        [new AccelerationPolicy(new DeepCache { Every = 1, Branch = 2 })],
        [new AccelerationPolicy(new Guidance { After = GuidanceAfter.Hold })],
        [new AccelerationPolicy(new TGate { Gate = 1, SelfEvery = 1 })],
        [new AccelerationPolicy(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 1 }, How = new Chebyshev() })],
        [new AccelerationPolicy(new Cache { Where = new BlockRange(), When = new Cadence { Start = 1 }, How = new Taylor() })],
    ];

    public static IEnumerable<object[]> Active =>
    [
        [new AccelerationPolicy(new DeepCache()), 2],
        [new AccelerationPolicy(new TGate { Gate = 0.5, SelfEvery = 2 }), 5],
        [new AccelerationPolicy(new Guidance { End = 0.5 }), 2],
        [new AccelerationPolicy(new Guidance { Start = 0.3, End = 0.7, After = GuidanceAfter.Hold }), 4],
        [new AccelerationPolicy(new Guidance { Every = 2, After = GuidanceAfter.Unconditional }), 2],
        [new AccelerationPolicy(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 }, How = new Taylor() }), 4],
        [new AccelerationPolicy(new Cache { Where = new BlockRange { From = 0.4, To = 0.6 }, When = new Cadence { Every = 2 }, How = new Chebyshev { Degree = 2 } }), 4],
        [new AccelerationPolicy(new DeepCache(), new Guidance { End = 0.6 }), 4],
    ];

    [TestMethod]
    [DynamicData(nameof(Neutral))]
    public async Task ANeutralPolicyIsNone(AccelerationPolicy policy)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        CollectionAssert.AreEqual(await pipeline.Latents(Request), await pipeline.Latents(Request with { Policy = policy }));
        Assert.HasCount(1, pipeline.Explain(Request with { Policy = policy }).Plan.Variants);
    }

    [TestMethod]
    [DynamicData(nameof(Active))]
    public async Task APolicyChangesThePictureAndSparesWork(AccelerationPolicy policy, int mostVariants)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        float[] exact = await pipeline.Latents(Request);
        float[] accelerated = await pipeline.Latents(Request with { Policy = policy });
        CollectionAssert.AreNotEqual(exact, accelerated);
        Assert.IsTrue(accelerated.All(float.IsFinite));
        CollectionAssert.AreEqual(accelerated, await pipeline.Latents(Request with { Policy = policy }), "again");
        Explanation explained = pipeline.Explain(Request with { Policy = policy });
        Assert.IsLessThanOrEqualTo(mostVariants, explained.Plan.Variants.Count);
        Assert.IsLessThan(pipeline.Explain(Request).Flops, explained.Flops);
    }

    [TestMethod]
    [DataRow("""{"kind":"prediction"}""", """{"kind":"taylor"}""", 3)]
    [DataRow("""{"kind":"deepFeatures"}""", """{"kind":"taylor","order":2}""", 2)]
    [DataRow("""{"kind":"attention","of":"selfAttention"}""", """{"kind":"chebyshev","degree":2}""", 2)]
    public async Task WhatWasKeptOfABranchGoesOnWhereTheOtherIsDropped(string where, string how, int every)
    {
        // Two branches of one text give the same: then a gate loses nothing, if nothing is forgotten at it.
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Request with { Steps = 10, NegativePrompt = Request.Prompt };
        AccelerationPolicy plain = AccelerationPolicy.Parse($$$"""{"version":1,"cache":{"where":{{{where}}},"when":{"kind":"cadence","every":{{{every}}}},"how":{{{how}}}}}"""), gated = plain.With(new Guidance { End = 0.5 });
        Assert.AreEqual(1, pipeline.Explain(request with { Policy = gated }).Plan[9].BranchCount);
        CollectionAssert.AreEqual(await pipeline.Latents(request with { Policy = plain }), await pipeline.Latents(request with { Policy = gated }));
    }

    [TestMethod]
    public async Task APictureDoesNotDependOnItsBatch()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Request with { Policy = new(new DeepCache(), new Guidance { End = 0.5, After = GuidanceAfter.Hold }), CfgRescale = 0.5 };
        byte[][] batch = await pipeline.Pixels(request with { BatchCount = 2 });
        CollectionAssert.AreEqual((await pipeline.Pixels(request with { Seed = request.Seed + 1 }))[0], batch[1]);
    }

    [TestMethod]
    public async Task ThePictureStoresThePolicy()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        AccelerationPolicy policy = new(new DeepCache { Every = 2 });
        GenerationResult result = await pipeline.GenerateAsync(Request with { Policy = policy });
        GenerationMetadata read = ParametersText.Parse(result.Images[0].Parameters);
        Assert.AreEqual(policy, AccelerationPolicy.Parse(read.Policy!));
        Assert.IsNull((await pipeline.GenerateAsync(Request)).Images[0].Metadata.Policy);
    }

    [TestMethod]
    public async Task WhatTheNetworkDoesNotAllowIsRefused()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        RequestException e = Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(Request with { Policy = new(new DeepCache { Branch = 99 }) }));
        StringAssert.Contains(e.Message, "99");
    }

    [TestMethod]
    public async Task WithoutGuidanceAGateDoesNothing()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Request with { CfgScale = 1 };
        CollectionAssert.AreEqual(await pipeline.Latents(request), await pipeline.Latents(request with { Policy = new(new Guidance { End = 0.5, After = GuidanceAfter.Unconditional }) }));
    }
}
