using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class ClipTextModelTests
{
    [TestMethod]
    public void NamesWithoutThePrefixAreTaken()
    {
        using WeightStore file = WeightStore.Open(Path.Combine(PapercutFolder, "text_encoder"));
        ClipTextModel clip = Read();
        clip.Check(file);
        using WeightStore bare = WeightStore.ShapesOnly(file.Tensors.Select(t => (t.Name.Replace("text_model.", "", StringComparison.Ordinal), t.Shape.ToArray())), ElementType.F16);
        clip.Check(bare);
    }

    [TestMethod]
    public void ClipSkipBeyondTheLayersIsRefused()
    {
        using WeightStore file = WeightStore.Open(Path.Combine(PapercutFolder, "text_encoder"));
        Graph graph = new();
        ClipTextStates states = Read().Build(new ModelBuilder(graph, file), graph.Input("ids", new TensorType(new Shape(1, 1, 77, 1), ElementType.I32), Stage.Request));
        Assert.AreNotEqual(states.Last, states.Skip(1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => states.Skip(states.Layers));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => states.Skip(-1));
    }

    [TestMethod]
    public void AnUnknownActivationIsNamed()
    {
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => ClipConfig.Read(ComponentConfig.Parse("""{ "hidden_act": "relu6" }""")));
        StringAssert.Contains(e.Message, "'hidden_act'");
        Assert.AreEqual(Activation.QuickGelu, ClipConfig.Read(ComponentConfig.Parse("{}")).Activation);
    }

    [TestMethod]
    public void AllPartsOfTheShippedModelFit()
    {
        using WeightStore unet = WeightStore.Open(Path.Combine(PapercutFolder, "unet"));
        UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(PapercutFolder, "unet", "config.json"))).Check(unet);
        using WeightStore vae = WeightStore.Open(Path.Combine(PapercutFolder, "vae"));
        AutoencoderKl.Read(ComponentConfig.Read(Path.Combine(PapercutFolder, "vae", "config.json"))).Check(vae);
    }

    private static string PapercutFolder => Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Papercut", "model");

    private static ClipTextModel Read() => new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(PapercutFolder, "text_encoder", "config.json"))));
}
