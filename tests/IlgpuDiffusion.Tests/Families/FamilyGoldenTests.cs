using IlgpuDiffusion.Families;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

[TestClass]
public sealed class FamilyGoldenTests
{
    [TestMethod]
    [DataRow("sd15", "Stable Diffusion 1.x", "context")]
    [DataRow("sd21", "Stable Diffusion 2.x", "context")]
    [DataRow("sdxl", "Stable Diffusion XL", "context pooled time_ids")]
    public void AFamilyOpensItsFolders(string model, string name, string inputs)
    {
        using ModelParts parts = ModelParts.Open(Golden.Find($"models/{model}"), new WeightOptions());
        Assert.AreEqual(name, parts.Family.Name);
        Assert.AreEqual(inputs, string.Join(' ', parts.Network.Inputs.Select(input => input.Name)));
        Assert.IsFalse(parts.InpaintingNetwork);
    }

    [TestMethod]
    public void ADenoisersChannelsTellItsTask()
    {
        UNetConfig unet = UNet2DConditionModel.Read(ComponentConfig.Read(Golden.Find("models/sd15-inpaint/unet/config.json"))).Config;
        AutoencoderKl vae = AutoencoderKl.Read(ModelFolder.Open(Golden.Find("models/sd15")).Config("vae"));
        UNetFolder.RequireTask(new UNet2DConditionModel(unet), vae, "config.json");
        UNetFolder.RequireTask(new UNet2DConditionModel(unet with { InChannels = 4 }), vae, "config.json");
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => UNetFolder.RequireTask(new UNet2DConditionModel(unet with { InChannels = 8 }), vae, "config.json"));
        StringAssert.Contains(e.Message, "'in_channels'");
    }
}
