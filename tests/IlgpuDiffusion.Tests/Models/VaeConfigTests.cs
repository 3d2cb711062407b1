using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class VaeConfigTests
{
    private const string TwoBlocks = """ "block_out_channels": [8, 16], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"], "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "norm_num_groups": 8 """;

    [TestMethod]
    public void TheFactorFollowsFromTheBlocks()
    {
        VaeConfig config = VaeConfig.Read(ComponentConfig.Parse($$"""{ {{TwoBlocks}}, "scaling_factor": 0.5, "shift_factor": 0.25 }"""));
        Assert.AreEqual(2, config.Factor);
        Assert.AreEqual(0.5, config.Scale);
        Assert.AreEqual(0.25, config.Shift);
    }

    [TestMethod]
    [DataRow("down_block_types", "[\"AttnDownEncoderBlock2D\"]")]
    [DataRow("up_block_types", "[\"UpDecoderBlock2D\", \"UpDecoderBlock2D\"]")]
    [DataRow("act_fn", "\"mish\"")]
    [DataRow("latents_mean", "[0.5]")]
    [DataRow("latents_std", "[0.5]")]
    [DataRow("latent_channels", "0")]
    [DataRow("scaling_factor", "0")]
    public void AFieldThatAsksForOtherArithmeticIsNamed(string field, string value)
    {
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => VaeConfig.Read(ComponentConfig.Parse($$"""{ "{{field}}": {{value}} }""")));
        StringAssert.Contains(e.Message, $"'{field}'");
    }

    [TestMethod]
    [DataRow("decoder.mid_block.attentions.0.query.weight", "decoder.mid_block.attentions.0.to_q.weight")]
    [DataRow("encoder.mid_block.attentions.0.key.bias", "encoder.mid_block.attentions.0.to_k.bias")]
    [DataRow("encoder.mid_block.attentions.0.value.bias", "encoder.mid_block.attentions.0.to_v.bias")]
    [DataRow("decoder.mid_block.attentions.0.proj_attn.weight", "decoder.mid_block.attentions.0.to_out.0.weight")]
    [DataRow("decoder.mid_block.attentions.0.group_norm.weight", "decoder.mid_block.attentions.0.group_norm.weight")]
    [DataRow("decoder.conv_in.weight", "decoder.conv_in.weight")]
    public void OldNamesOfTheAttentionAreUnderstood(string stored, string canonical) => Assert.AreEqual(canonical, AutoencoderKl.CanonicalName(stored));

    [TestMethod]
    public void OddPicturesAreHalvedDownwards()
    {
        // 7 × 5 pixels with zeros below and at the right alone: ⌊(7 + 1 − 3) / 2⌋ + 1 = 3.
        AutoencoderKl vae = AutoencoderKl.Read(ComponentConfig.Parse($$"""{ {{TwoBlocks}}, "norm_num_groups": 4, "mid_block_add_attention": false, "use_quant_conv": false }"""));
        using WeightStore weights = WeightStore.ShapesOnly(Shapes(), ElementType.F32);
        ModelBuilder m = new(new Graph(), weights);
        Assert.AreEqual(new Shape(1, 3, 2, 4), vae.Encode(m, m.Graph.Input("x", new Shape(1, 7, 5, 3), Stage.Request)).Mean.Shape);
        m.RequireAllUsed();
    }

    private static IEnumerable<(string, long[])> Shapes()
    {
        IEnumerable<(string, long[])> Conv(string path, long outputs, long inputs, long kernel = 3) => [($"{path}.weight", [outputs, inputs, kernel, kernel]), ($"{path}.bias", [outputs])];
        IEnumerable<(string, long[])> Norm(string path, long channels) => [($"{path}.weight", [channels]), ($"{path}.bias", [channels])];
        IEnumerable<(string, long[])> Resnet(string path, long outputs, long inputs) =>
            [.. Norm($"{path}.norm1", inputs), .. Conv($"{path}.conv1", outputs, inputs), .. Norm($"{path}.norm2", outputs), .. Conv($"{path}.conv2", outputs, outputs), .. outputs == inputs ? [] : Conv($"{path}.conv_shortcut", outputs, inputs, 1)];
        return
        [
            .. Conv("encoder.conv_in", 8, 3),
            .. Resnet("encoder.down_blocks.0.resnets.0", 8, 8),
            .. Conv("encoder.down_blocks.0.downsamplers.0.conv", 8, 8),
            .. Resnet("encoder.down_blocks.1.resnets.0", 16, 8),
            .. Resnet("encoder.mid_block.resnets.0", 16, 16),
            .. Resnet("encoder.mid_block.resnets.1", 16, 16),
            .. Norm("encoder.conv_norm_out", 16),
            .. Conv("encoder.conv_out", 8, 16),
        ];
    }
}
