using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>The share of steps that a policy takes.</summary>
[TestClass]
public sealed class FewerStepsPapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 6 };

    [TestMethod]
    public async Task AShareOfTheStepsIsARequestOfFewer()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest share = Request with { Policy = new() { Steps = 0.5 } };
        CollectionAssert.AreEqual(await pipeline.Latents(Request with { Steps = 3 }), await pipeline.Latents(share));
        Explanation explained = pipeline.Explain(share);
        Assert.AreEqual((3, 6), (explained.Steps, explained.AskedSteps));
    }

    [TestMethod]
    public async Task ThePictureKeepsWhatWasAskedAndWhatWasTaken()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        AccelerationPolicy policy = new(new Guidance { End = 0.5 }) { Steps = 0.5 };
        GenerationMetadata read = ParametersText.Parse((await pipeline.GenerateAsync(Request with { Policy = policy })).Images[0].Parameters);
        Assert.AreEqual(6, read.Steps);
        Assert.AreEqual(policy, AccelerationPolicy.Parse(read.Policy!));
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("1.5")]
    [DataRow("\"half\"")]
    public void AShareOutOfRangeIsRefused(string share) => StringAssert.Contains(Assert.ThrowsExactly<PolicyException>(() => AccelerationPolicy.Parse($"{{\"version\":1,\"steps\":{share}}}")).Message, "'steps'");

    [TestMethod]
    public void AtLeastOneStepIsTaken() => Assert.AreEqual(1, new AccelerationPolicy { Steps = 0.01 }.StepsOf(20));
}
