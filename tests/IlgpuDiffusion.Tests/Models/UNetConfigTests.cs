using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class UNetConfigTests
{
    [TestMethod]
    public void AbsentFieldsHaveTheReferencesDefaults()
    {
        UNetConfig config = Read("{}");
        Assert.AreEqual(4, config.InChannels);
        CollectionAssert.AreEqual(new[] { 320, 640, 1280, 1280 }, config.DownBlocks.Select(b => b.Channels).ToArray());
        CollectionAssert.AreEqual(new[] { 2, 2, 2, 2 }, config.DownBlocks.Select(b => b.Layers).ToArray());
        CollectionAssert.AreEqual(new[] { 3, 3, 3, 3 }, config.UpBlocks.Select(b => b.Layers).ToArray());
        Assert.IsNull(config.DownBlocks[3].Attention);
        Assert.IsNull(config.UpBlocks[0].Attention);
        Assert.AreEqual(new UNetAttention(8, 1280, 1, false), config.DownBlocks[0].Attention);
        Assert.AreEqual(new UNetMidBlock(new UNetAttention(8, 1280, 1, false), 1), config.MidBlock);
        Assert.AreEqual(1280, config.Time.Channels);
        Assert.IsTrue(config.Time.CosineFirst);
        Assert.AreEqual(Activation.Silu, config.Activation);
    }

    [TestMethod]
    public void ListsGoFromTheFinestGridAndAreReversedOnTheWayUp()
    {
        UNetConfig config = Read(
            """
            {
              "block_out_channels": [32, 64], "layers_per_block": [1, 3], "attention_head_dim": [2, 4], "cross_attention_dim": [5, 6],
              "transformer_layers_per_block": [1, 2], "only_cross_attention": [true, false],
              "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
            }
            """);
        Assert.AreEqual(new UNetBlock(32, 1, new UNetAttention(2, 5, 1, true)), config.DownBlocks[0]);
        Assert.AreEqual(new UNetBlock(64, 3, new UNetAttention(4, 6, 2, false)), config.DownBlocks[1]);
        Assert.AreEqual(new UNetBlock(64, 4, new UNetAttention(4, 6, 2, false)), config.UpBlocks[0]);
        Assert.AreEqual(new UNetBlock(32, 2, new UNetAttention(2, 5, 1, true)), config.UpBlocks[1]);
        Assert.AreEqual(new UNetAttention(4, 6, 2, false), config.MidBlock!.Attention);
    }

    [TestMethod]
    public void AMiddleThatIsNullIsLeftOut() => Assert.IsNull(Read("""{ "mid_block_type": null }""").MidBlock);

    [TestMethod]
    [DataRow("act_fn", "\"mish\"")]
    [DataRow("addition_embed_type", "\"text_image\"")]
    [DataRow("attention_head_dim", "[8, 8]")]
    [DataRow("attention_head_dim", "0")]
    [DataRow("attention_type", "\"gated\"")]
    [DataRow("block_out_channels", "[]")]
    [DataRow("class_embed_type", "\"timestep\"")]
    [DataRow("class_embeddings_concat", "true")]
    [DataRow("conv_in_kernel", "2")]
    [DataRow("cross_attention_norm", "\"layer_norm\"")]
    [DataRow("down_block_types", "[\"AttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]")]
    [DataRow("down_block_types", "[\"DownBlock2D\"]")]
    [DataRow("downsample_padding", "2")]
    [DataRow("dual_cross_attention", "true")]
    [DataRow("encoder_hid_dim", "64")]
    [DataRow("encoder_hid_dim_type", "\"text_proj\"")]
    [DataRow("layers_per_block", "[2, 2]")]
    [DataRow("mid_block_scale_factor", "0")]
    [DataRow("mid_block_type", "\"UNetMidBlock2DSimpleCrossAttn\"")]
    [DataRow("norm_num_groups", "null")]
    [DataRow("num_attention_heads", "8")]
    [DataRow("num_class_embeds", "1000")]
    [DataRow("resnet_out_scale_factor", "2.0")]
    [DataRow("resnet_skip_time_act", "true")]
    [DataRow("resnet_time_scale_shift", "\"ada_group\"")]
    [DataRow("time_embedding_act_fn", "\"mish\"")]
    [DataRow("time_embedding_type", "\"fourier\"")]
    [DataRow("transformer_layers_per_block", "[1, 1, 1, [1, 1]]")]
    [DataRow("up_block_types", "[\"SimpleCrossAttnUpBlock2D\", \"UpBlock2D\", \"UpBlock2D\", \"UpBlock2D\"]")]
    public void AFieldThatAsksForOtherArithmeticIsNamed(string field, string value)
    {
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => Read($$"""{ "{{field}}": {{value}} }"""));
        StringAssert.Contains(e.Message, $"'{field}'");
    }

    [TestMethod]
    [DataRow("addition_time_embed_dim", """{ "addition_embed_type": "text_time", "projection_class_embeddings_input_dim": 68 }""")]
    [DataRow("projection_class_embeddings_input_dim", """{ "addition_embed_type": "text_time", "addition_time_embed_dim": 8 }""")]
    [DataRow("projection_class_embeddings_input_dim", """{ "addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 48 }""")]
    public void SizesNeedTheirChannels(string field, string json)
    {
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => Read(json));
        StringAssert.Contains(e.Message, $"'{field}'");
    }

    [TestMethod]
    [DataRow("resnet_out_scale_factor", "1")]
    [DataRow("addition_embed_type", "null")]
    [DataRow("class_embeddings_concat", "false")]
    [DataRow("upcast_attention", "true")]
    [DataRow("act_fn", "\"swish\"")]
    public void NeutralValuesAreTaken(string field, string value) => Read($$"""{ "{{field}}": {{value}} }""");

    private static UNetConfig Read(string json) => UNet2DConditionModel.Read(ComponentConfig.Parse(json)).Config;
}
