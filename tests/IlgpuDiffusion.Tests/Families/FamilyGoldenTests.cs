using IlgpuDiffusion.Families;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

[TestClass]
public sealed class FamilyGoldenTests
{
    [TestMethod]
    [DataRow("sd15", "Stable Diffusion 1.x")]
    [DataRow("sd21", "Stable Diffusion 2.x")]
    public void TheGenerationIsToldFromTheUNet(string model, string name)
    {
        ModelFolder folder = ModelFolder.Open(Golden.Find($"models/{model}"));
        UNetConfig unet = UNet2DConditionModel.Read(folder.Config("unet")).Config;
        VaeConfig vae = VaeConfig.Read(folder.Config("vae"));
        Assert.AreEqual(name, Family.Of(folder, unet).Name);
        Assert.AreEqual(unet.SampleSize * 8, Family.DefaultSize(unet, vae));
        Assert.AreEqual(DenoiserTask.TextToImage, Family.TaskOf(unet, vae, folder.Path));
    }

    [TestMethod]
    public void InpaintingIsToldFromTheChannels()
    {
        UNetConfig unet = UNet2DConditionModel.Read(ComponentConfig.Read(Golden.Find("models/sd15-inpaint/unet/config.json"))).Config;
        VaeConfig vae = VaeConfig.Read(ModelFolder.Open(Golden.Find("models/sd15")).Config("vae"));
        Assert.AreEqual(DenoiserTask.Inpainting, Family.TaskOf(unet, vae, "config.json"));
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => Family.TaskOf(unet with { InChannels = 8 }, vae, "config.json"));
        StringAssert.Contains(e.Message, "'in_channels'");
    }
}
