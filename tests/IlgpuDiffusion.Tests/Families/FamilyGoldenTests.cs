using IlgpuDiffusion.Families;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

[TestClass]
public sealed class FamilyGoldenTests
{
    [TestMethod]
    [DataRow("sd15", "Stable Diffusion 1.x", "context")]
    [DataRow("sd21", "Stable Diffusion 2.x", "context")]
    [DataRow("sdxl", "Stable Diffusion XL", "context pooled time_ids")]
    [DataRow("sd3", "Stable Diffusion 3", "context pooled")]
    [DataRow("sd35", "Stable Diffusion 3.5", "context pooled")]
    [DataRow("flux-dev", "FLUX.1 dev", "context pooled guidance")]
    public void AFamilyOpensItsFolders(string model, string name, string inputs)
    {
        using ModelParts parts = ModelParts.Open(Golden.Find($"models/{model}"), new WeightOptions());
        Assert.AreEqual(name, parts.Family.Name);
        Assert.AreEqual(inputs, string.Join(' ', parts.Network.Inputs.Select(input => input.Name)));
        Assert.IsFalse(parts.InpaintingNetwork);
    }

    [TestMethod]
    public void TextEncodersOfATransformerMayBeLeftOut()
    {
        foreach (string[] without in (string[][])[["text_encoder"], ["text_encoder_2"], ["text_encoder_3"], ["text_encoder", "text_encoder_2"], ["text_encoder_2", "text_encoder_3"]])
        {
            using ModelCopy copy = new(Golden.Find("models/sd3"));
            copy.LeaveOut(without);
            using ModelParts parts = ModelParts.Open(copy.Folder, new WeightOptions());
            Assert.HasCount(3 - without.Length, parts.TextWeights);
        }

        using ModelCopy none = new(Golden.Find("models/sd3"));
        none.LeaveOut("text_encoder", "text_encoder_2", "text_encoder_3");
        StringAssert.Contains(Assert.Throws<ModelFileException>(() => ModelParts.Open(none.Folder, new WeightOptions())).Message, "no text encoder at all", StringComparison.Ordinal);

        using ModelCopy missing = new(Golden.Find("models/sd3"));
        Directory.Delete(missing["text_encoder_3"], recursive: true);
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => ModelParts.Open(missing.Folder, new WeightOptions())).Message, "write \"text_encoder_3\": [null, null] there to do without it", StringComparison.Ordinal);
    }

    [TestMethod]
    public void PartsOfOtherModelsAreRefused()
    {
        using ModelCopy copy = new(Golden.Find("models/sd3"));
        foreach (string file in Directory.GetFiles(Golden.Find("models/flux-dev/text_encoder_2")))
        {
            File.Copy(file, Path.Combine(copy["text_encoder_3"], Path.GetFileName(file)), overwrite: true);
        }

        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => ModelParts.Open(copy.Folder, new WeightOptions())).Message, "the network takes text of 64 channels ('joint_attention_dim') and T5 gives 24", StringComparison.Ordinal);
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
