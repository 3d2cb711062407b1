using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Whole pipelines of tiny random models against diffusers: latents after every step, pictures.</summary>
[TestClass]
public sealed class PipelineGoldenTests
{
    public static IEnumerable<object[]> Calls =>
        from pair in new[] { ("sd15", "sd15"), ("sd15-img2img", "sd15"), ("sd21", "sd21") }
        from call in GoldenCall.NamesIn($"models/{pair.Item1}.golden.safetensors")
        select new object[] { pair.Item1, pair.Item2, call };

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public async Task EveryStepIsDiffusers(string recording, string model, string call)
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(Golden.Find($"models/{model}"));
        await new GoldenCall(GoldenTensors.Find($"models/{recording}.golden.safetensors"), call).Check(pipeline);
    }
}
