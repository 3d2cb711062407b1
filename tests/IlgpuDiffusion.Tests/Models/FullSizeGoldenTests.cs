using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
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
        (ComponentConfig config, WeightStore weights) = Read($"{model}.unet");
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
        (ComponentConfig config, WeightStore weights) = Read($"{model}.text_encoder");
        using (weights)
        {
            new ClipTextModel(ClipConfig.Read(config), projects: model == "sd3").Check(weights);
        }
    }

    [TestMethod]
    public void TheSecondTextEncoderUsesEveryTensorOfThePublishedModel()
    {
        (ComponentConfig config, WeightStore weights) = Read("sdxl.text_encoder_2");
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
        (ComponentConfig config, WeightStore weights) = Read($"{model}.transformer");
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
        (ComponentConfig config, WeightStore weights) = Read($"{model}.transformer");
        using (weights)
        {
            FluxModel.Read(config).Check(weights);
        }
    }

    [TestMethod]
    public void T5UsesEveryTensorOfThePublishedModel()
    {
        (ComponentConfig config, WeightStore weights) = Read("sd3.text_encoder_3");
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
        (ComponentConfig config, WeightStore weights) = Read(model);
        using (weights)
        {
            AutoencoderKl.Read(config).Check(weights);
        }
    }

    private static (ComponentConfig Config, WeightStore Weights) Read(string name)
    {
        using GZipStream stream = new(File.OpenRead(Golden.Find($"keys/{name}.json.gz")), CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        (string, long[])[] shapes = [.. json.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(s => s.GetInt64()).ToArray()))];
        Assert.IsNotEmpty(shapes);
        return (ComponentConfig.Parse(json.RootElement.GetProperty("config").GetRawText(), name), WeightStore.ShapesOnly(shapes, ElementType.F16));
    }
}
