using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Whole pipelines of tiny random models against diffusers: latents after every step, pictures.</summary>
[TestClass]
internal sealed class PipelineGoldenTests
{
    public static IEnumerable<object[]> Calls =>
        from pair in new[] { ("sd15", "sd15"), ("sd15-img2img", "sd15"), ("sd21", "sd21"), ("sdxl", "sdxl") }
        from call in GoldenCall.NamesIn($"models/{pair.Item1}.golden.safetensors")
        from convolutions in (ConvolutionMethod[])[ConvolutionMethod.Direct, ConvolutionMethod.Winograd2, ConvolutionMethod.Winograd4]
        select new object[] { pair.Item1, pair.Item2, call, convolutions };

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public async Task EveryStepIsDiffusers(string recording, string model, string call, ConvolutionMethod convolutions)
    {
        Console.WriteLine($"convolutions: {convolutions}");
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find($"models/{model}"), convolutions);
        await new GoldenCall(GoldenTensors.Find($"models/{recording}.golden.safetensors"), call).Check(pipeline);
    }

    public static IEnumerable<object[]> TransformerCalls =>
        from model in (string[])["sd3", "sd35", "flux-dev", "flux-schnell"]
        from call in GoldenCall.NamesIn($"models/{model}.golden.safetensors")
        select new object[] { model, call };

    [TestMethod]
    [DynamicData(nameof(TransformerCalls))]
    public async Task EveryStepOfATransformerIsDiffusers(string model, string call)
    {
        using ModelCopy copy = new(Golden.Find($"models/{model}"));
        if (model == "flux-schnell")
        {
            copy.Share(Golden.Find("models/flux-dev"), "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "vae");
        }

        if (call == "not5")
        {
            copy.LeaveOut("text_encoder_3", "tokenizer_3");
        }

        await using DiffusionPipeline pipeline = TestModels.Open(copy.Folder);
        await new GoldenCall(GoldenTensors.Find($"models/{model}.golden.safetensors"), call).Check(pipeline);
    }

    [TestMethod]
    public async Task AnInpaintingNetworkIsDiffusers()
    {
        using InpaintingModel model = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(model.Folder);
        await new GoldenCall(GoldenTensors.Find("models/sd15-inpaint.golden.safetensors"), "inpaint").Check(pipeline);
    }
}
