using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>The published models' tensor names and shapes, all of them used.</summary>
[TestClass]
public sealed class FullSizeGoldenTests
{
    [TestMethod]
    [DataRow("sd15")]
    [DataRow("sd21")]
    [DataRow("sdxl")]
    public void TheUNetUsesEveryTensorOfThePublishedModel(string model)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read($"{model}.unet");
        using (weights)
        {
            UNet2DConditionModel.Read(config).Check(weights);
        }
    }

    [TestMethod]
    [DataRow("sd15")]
    [DataRow("sd21")]
    [DataRow("sd3")]
    public void TheTextEncoderUsesEveryTensorOfThePublishedModel(string model)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read($"{model}.text_encoder");
        using (weights)
        {
            new ClipTextModel(ClipConfig.Read(config), projects: model == "sd3").Check(weights);
        }
    }

    [TestMethod]
    public void TheSecondTextEncoderUsesEveryTensorOfThePublishedModel()
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read("sdxl.text_encoder_2");
        using (weights)
        {
            new ClipTextModel(ClipConfig.Read(config), projects: true).Check(weights);
        }
    }

    [TestMethod]
    [DataRow("sd3-medium")]
    [DataRow("sd35-medium")]
    [DataRow("sd35-large")]
    public void TheTransformerUsesEveryTensorOfThePublishedModel(string model)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read($"{model}.transformer");
        using (weights)
        {
            MmditModel.Read(config).Check(weights);
        }
    }

    [TestMethod]
    [DataRow("flux-dev")]
    [DataRow("flux-schnell")]
    public void FluxUsesEveryTensorOfThePublishedModel(string model)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read($"{model}.transformer");
        using (weights)
        {
            FluxModel.Read(config).Check(weights);
        }
    }

    [TestMethod]
    public void T5UsesEveryTensorOfThePublishedModel()
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read("sd3.text_encoder_3");
        using (weights)
        {
            new T5EncoderModel(T5Config.Read(config)).Check(weights);
        }
    }

    [TestMethod]
    [DataRow("sd.vae")]
    [DataRow("sd3.vae")]
    public void TheAutoencoderUsesEveryTensorOfThePublishedModel(string model)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read(model);
        using (weights)
        {
            AutoencoderKl.Read(config).Check(weights);
        }
    }
}
