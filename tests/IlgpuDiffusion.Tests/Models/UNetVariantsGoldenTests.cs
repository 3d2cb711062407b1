using System.Text.Json.Nodes;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Forms of the UNet that no recording has, as changes of one that has one.</summary>
[TestClass]
public sealed class UNetVariantsGoldenTests
{
    private static readonly string Folder = Golden.Find("models/sd15/unet");

    [TestMethod]
    public void ADistilledUNetTakesTheGuidanceScale()
    {
        UNet2DConditionModel unet = Read(c => c["time_cond_proj_dim"] = 32);
        using WeightStore weights = Shapes(t => t.Shape.ToArray(), ("time_embedding.cond_proj.weight", [unet.Config.Time.FrequencyChannels, 32]));
        unet.Check(weights);
        Assert.Contains(NetworkInputs.Guidance, unet.Inputs.Select(input => input.Name).ToList());
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => Build(unet, weights, out _));
        StringAssert.Contains(e.Message, "'guidance'");
    }

    [TestMethod]
    public void TimeMayScaleAndShift()
    {
        UNet2DConditionModel unet = Read(c => c["resnet_time_scale_shift"] = "scale_shift");
        using WeightStore weights = Shapes(t => t.Name.Contains("time_emb_proj", StringComparison.Ordinal) ? [2 * t.Shape[0], .. t.Shape[1..]] : t.Shape.ToArray());
        unet.Check(weights);
    }

    [TestMethod]
    public void AMiddleMayBeLeftOut()
    {
        using WeightStore weights = Shapes(t => t.Name.StartsWith("mid_block.", StringComparison.Ordinal) ? null : t.Shape.ToArray());
        Read(c => c["mid_block_type"] = null).Check(weights);
    }

    [TestMethod]
    public void AMiddleMayBeOneResidualBlock()
    {
        using WeightStore weights = Shapes(t => t.Name.StartsWith("mid_block.", StringComparison.Ordinal) && !t.Name.StartsWith("mid_block.resnets.0.", StringComparison.Ordinal) ? null : t.Shape.ToArray());
        Read(c => c["mid_block_type"] = "UNetMidBlock2D").Check(weights);
    }

    [TestMethod]
    public void InputsMayBeCentered()
    {
        using WeightStore weights = Shapes(t => t.Shape.ToArray());
        Build(Read(c => c["center_input_sample"] = true), weights, out Graph graph);
        Assert.IsTrue(graph.Nodes.Any(n => n.Op is Affine { Scale: 2, Offset: -1 }));
    }

    [TestMethod]
    public void PaddingOfZeroIsBelowAndAtTheRight()
    {
        using WeightStore weights = Shapes(t => t.Shape.ToArray());
        Build(Read(c => c["downsample_padding"] = 0), weights, out Graph graph);
        Conv2d[] halvings = [.. graph.Nodes.Select(n => n.Op).OfType<Conv2d>().Where(c => c.Stride == 2)];
        Assert.IsNotEmpty(halvings);
        Assert.IsTrue(halvings.All(c => c.Padding == new Padding(0, 0, 1, 1)));
    }

    [TestMethod]
    public void TheMiddlesSumsMayBeScaled()
    {
        using WeightStore weights = Shapes(t => t.Shape.ToArray());
        Build(Read(c => c["mid_block_scale_factor"] = 2), weights, out Graph graph);
        Assert.AreEqual(2, graph.Nodes.Count(n => n.Op is Affine { Scale: 0.5, Offset: 0 }));
    }

    [TestMethod]
    public void OnlyTheFirstAttentionCanBeTurnedToTheText()
    {
        // Here text and pictures have the same channels at one level alone, so keys of other levels change their shape.
        UNet2DConditionModel unet = Read(c => c["only_cross_attention"] = new JsonArray(true, false, false, false));
        int text = unet.TextChannels;
        using WeightStore weights = Shapes(t => (t.Name.StartsWith("down_blocks.0.", StringComparison.Ordinal) || t.Name.StartsWith("up_blocks.3.", StringComparison.Ordinal)) && (t.Name.EndsWith("attn1.to_k.weight", StringComparison.Ordinal) || t.Name.EndsWith("attn1.to_v.weight", StringComparison.Ordinal))
            ? [t.Shape[0], text]
            : t.Shape.ToArray());
        unet.Check(weights);
    }

    [TestMethod]
    public void TheTextsKeysAndTheTimeLeaveTheLoop()
    {
        using WeightStore weights = Shapes(t => t.Shape.ToArray());
        Build(Read(_ => { }), weights, out Graph graph);
        Assert.IsTrue(graph.Nodes.Where(n => n.Path.Contains("attn2.to_k", StringComparison.Ordinal) && n.Op is Linear).All(n => n.Stage == Stage.Request));
        Assert.IsTrue(graph.Nodes.Where(n => n.Path.Contains("time_emb_proj", StringComparison.Ordinal) && n.Op is Linear).All(n => n.Stage == Stage.Schedule));
    }

    private static UNet2DConditionModel Read(Action<JsonNode> change)
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "config.json")))!;
        change(config);
        return UNet2DConditionModel.Read(ComponentConfig.Parse(config.ToJsonString()));
    }

    private static WeightStore Shapes(Func<WeightTensor, long[]?> change, params (string, long[])[] more)
    {
        using WeightStore file = WeightStore.Open(Folder);
        return WeightStore.ShapesOnly([.. file.Tensors.Select(t => (t.Name, Shape: change(t))).Where(t => t.Shape is not null).Select(t => (t.Name, t.Shape!)), .. more], ElementType.F16);
    }

    private static void Build(UNet2DConditionModel unet, WeightStore weights, out Graph graph)
    {
        graph = new Graph();
        unet.Build(
            new ModelBuilder(graph, weights),
            graph.Input("latents", new Shape(2, 16, 16, unet.Config.InChannels), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape(2, 1, 77, unet.TextChannels), Stage.Request));
    }
}
