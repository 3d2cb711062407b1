using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>A network that sees mask and picture, through the public interface.</summary>
[TestClass]
public sealed class InpaintingNetworkGoldenTests
{
    [TestMethod]
    public async Task ItNeedsAPictureAndAMaskAndSeesBoth()
    {
        using ModelCopy model = new();
        foreach (string file in Directory.GetFiles(Golden.Find("models/sd15-inpaint/unet")))
        {
            File.Copy(file, model[Path.Combine("unet", Path.GetFileName(file))], overwrite: true);
        }

        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(model.Folder);
        Image white = new(64, 64);
        white.Pixels.AsSpan().Fill(255);
        Image half = new(64, 64);
        half.Pixels.AsSpan(0, half.Pixels.Length / 2).Fill(255);
        GenerationRequest request = TestModels.Small with { InitImage = white, Mask = half, Strength = 1, BatchCount = 2 };

        float[] latents = await pipeline.Latents(request);
        CollectionAssert.AreNotEqual(latents, await pipeline.Latents(request with { InitImage = new Image(64, 64) }), "picture");
        CollectionAssert.AreNotEqual(latents, await pipeline.Latents(request with { Mask = white }), "mask");
        float[] second = await pipeline.Latents(request with { BatchCount = 1, Seed = request.Seed + 1 });
        CollectionAssert.AreEqual(second, latents[second.Length..], "second picture of the batch");

        foreach (GenerationRequest lacking in new[] { TestModels.Small, request with { Mask = null } })
        {
            RequestException e = await Assert.ThrowsExactlyAsync<RequestException>(() => pipeline.GenerateAsync(lacking));
            Assert.Contains("inpainting model", e.Message);
            Assert.Contains("mask", e.Message);
        }
    }
}
