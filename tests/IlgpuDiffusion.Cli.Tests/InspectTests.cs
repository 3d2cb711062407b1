using System.Text.RegularExpressions;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class InspectTests
{
    [TestMethod]
    public async Task AModelFolderIsTold()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("inspect", PapercutModel.Folder), run.Error);
        StringAssert.Contains(run.Output, "StableDiffusionPipeline");
        StringAssert.Contains(run.Output, "Stable Diffusion 1.x");
        StringAssert.Matches(run.Output, new Regex(@"unet +UNet2DConditionModel +404 +11\.33 M +21\.\d+ MiB +F16"));
    }

    [TestMethod]
    public async Task TensorsAreListedOnDemand()
    {
        using CliRun run = new();
        await run.RunAsync("inspect", Path.Combine(PapercutModel.Folder, "vae"), "--tensors");
        StringAssert.Contains(run.Output, "decoder.conv_in.weight: F16[96, 4, 3, 3]");
        StringAssert.Contains(run.Output, "autoencoder with 4 latent channels");
    }

    [TestMethod]
    [DataRow("Stable Diffusion 1.x", "single-file checkpoint for inpainting", "model.diffusion_model.input_blocks.0.0.weight:8,9,3,3 cond_stage_model.transformer.text_model.embeddings.token_embedding.weight:9,8 first_stage_model.x:1")]
    [DataRow("Stable Diffusion 2.x", "UNet", "conv_in.weight:8,4,3,3 time_embedding.linear_1.weight:8,8 a.proj_in.weight:8,8")]
    [DataRow("Stable Diffusion 1.x", "UNet", "conv_in.weight:8,4,3,3 time_embedding.linear_1.weight:8,8 a.proj_in.weight:8,8,1,1")]
    [DataRow("Stable Diffusion XL", "UNet", "conv_in.weight:8,4,3,3 time_embedding.linear_1.weight:8,8 add_embedding.linear_1.weight:8,8")]
    [DataRow("unknown", "LoRA", "lora_unet_x.lora_down.weight:4,8")]
    [DataRow("unknown", "textual inversion", "emb_params:3,24")]
    [DataRow("FLUX.1 schnell", "single file of the denoiser alone", "double_blocks.0.img_attn.norm.key_norm.scale:8")]
    [DataRow("FLUX.1 dev", "single file of the denoiser alone", "diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale:8 diffusion_model.guidance_in.in_layer.weight:8,8")]
    [DataRow("FLUX.1 Fill", "single file of the denoiser alone", "double_blocks.0.img_attn.norm.key_norm.scale:8 img_in.weight:2,24 final_layer.linear.weight:4,2")]
    [DataRow("FLUX.1 Depth or Canny", "single file of the denoiser alone", "double_blocks.0.img_attn.norm.key_norm.scale:8 img_in.weight:2,8 final_layer.linear.weight:4,2")]
    [DataRow("Chroma", "single file of the denoiser alone", "double_blocks.0.img_attn.norm.key_norm.scale:8 distilled_guidance_layer.in_proj.weight:2,8")]
    [DataRow("FLUX.1 dev", "transformer", "transformer_blocks.0.attn.add_k_proj.weight:8,8 single_transformer_blocks.0.attn.norm_q.weight:8 time_text_embed.text_embedder.linear_1.weight:8,8 time_text_embed.guidance_embedder.linear_1.weight:8,8")]
    [DataRow("Stable Diffusion 3", "single-file checkpoint without text encoder", "model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias:8 vae.x:1")]
    [DataRow("Stable Diffusion 3.5 Large", "single file of the denoiser alone", "joint_blocks.0.context_block.adaLN_modulation.1.bias:8 joint_blocks.0.x_block.attn.ln_q.weight:8")]
    [DataRow("Stable Diffusion 3.5 Medium", "transformer", "transformer_blocks.0.attn.add_k_proj.weight:8,8 pos_embed.proj.weight:8,4,2,2 time_text_embed.text_embedder.linear_1.weight:8,8 transformer_blocks.0.attn.norm_q.weight:8 transformer_blocks.0.attn2.to_q.weight:8,8")]
    [DataRow("any", "T5 text encoder", "enc.blk.0.attn_q.weight:8,8")]
    [DataRow("any", "CLIP text encoder of width 24", "text_model.embeddings.token_embedding.weight:99,24")]
    [DataRow("unknown", "weights", "foo:1")]
    public async Task FamiliesAreToldFromNamesAndShapes(string family, string part, string tensors)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("inspect", Written(run, tensors)), run.Error);
        StringAssert.Contains(run.Output, $"family: {family} (");
        StringAssert.Matches(run.Output, new Regex(Regex.Escape(part) + "( |$)", RegexOptions.Multiline));
    }

    [TestMethod]
    [DataRow("--vae", "decoder.conv_in.weight:8,16,3,3")]
    [DataRow("--clip-l", "text_model.embeddings.token_embedding.weight:9,768")]
    [DataRow("--clip-l", "text_encoders.clip_l.transformer.text_model.embeddings.token_embedding.weight:9,768")]
    [DataRow("--clip-g", "text_model.embeddings.token_embedding.weight:9,1280")]
    [DataRow("--clip-h", "transformer.resblocks.0.attn.in_proj_weight:8 token_embedding.weight:9,1024")]
    [DataRow("--t5xxl", "encoder.block.0.layer.0.SelfAttention.q.weight:8,8")]
    [DataRow("--t5xxl", "enc.blk.0.attn_q.weight:8,8")]
    [DataRow("--taesd", "1.weight:64,4,3,3 1.bias:64")]
    [DataRow("--taesd", "decoder.layers.0.weight:64,16,3,3 encoder.layers.0.weight:64,3,3,3")]
    [DataRow("--embedding", "emb_params:3,24")]
    [DataRow("--controlnet and --control-image", "control_model.input_hint_block.0.weight:8,3,3,3")]
    [DataRow("--lora; LoRA of 1 modules, rank 4, alpha not said (the rank is taken)", "lora_unet_x.lora_down.weight:4,8 lora_unet_x.lora_up.weight:8,4")]
    public async Task WhatBelongsBesideAModelIsToldWithTheOptionThatTakesIt(string options, string tensors)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("inspect", Written(run, tensors)), run.Error);
        StringAssert.Contains(run.Output, $"runs here: not alone: give it beside a model, with {options}{Environment.NewLine}");
    }

    [TestMethod]
    public async Task ADenoiserAloneIsToldWithTheFilesThatItNeeds()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("inspect", Path.Combine(PapercutModel.Folder, "unet", "diffusion_pytorch_model.safetensors")), run.Error);
        StringAssert.Contains(run.Output, $"runs here: with networks from other files: --vae (autoencoder), --clip-l (text encoder (CLIP ViT-L)){Environment.NewLine}");
        Assert.AreEqual(0, await run.RunAsync("inspect", Written(run, "lora_unet_x.hada_w1_a:4,8")), run.Error);
        StringAssert.Contains(run.Output, "runs here: no.");
    }

    private static string Written(CliRun run, string tensors)
    {
        SafetensorsWriter writer = new();
        foreach (string[] pair in tensors.Split(' ').Select(t => t.Split(':')))
        {
            long[] shape = [.. pair[1].Split(',').Select(long.Parse)];
            writer.Add(pair[0], shape, new float[shape.Aggregate((a, b) => a * b)]);
        }

        writer.Save(run.Path("x.safetensors"));
        return run.Path("x.safetensors");
    }

    [TestMethod]
    public async Task ASingleFileIsToldPartByPart()
    {
        using CliRun run = new();
        SafetensorsWriter writer = new();
        foreach (string name in (string[])["model.diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale", "vae.decoder.mid.block_1.norm1.weight", "text_encoders.t5xxl.transformer.encoder.block.0.layer.0.SelfAttention.q.weight", "x"])
        {
            writer.Add(name, [8], new float[8]);
        }

        writer.Save(run.Path("x.safetensors"));
        Assert.AreEqual(0, await run.RunAsync("inspect", run.Path("x.safetensors"), "--tensors"), run.Error);
        StringAssert.Contains(run.Output, "safetensors file, single-file checkpoint");
        StringAssert.Matches(run.Output, new Regex("transformer +transformer, original names +1 "));
        StringAssert.Matches(run.Output, new Regex("autoencoder +autoencoder, original names +1 "));
        StringAssert.Matches(run.Output, new Regex("T5 text encoder \\(T5 v1.1 XXL\\) +T5 text encoder, transformers' names +1 "));
        StringAssert.Matches(run.Output, new Regex("other tensors +1 "));
        StringAssert.Contains(run.Output, "  vae.decoder.mid.block_1.norm1.weight: F32[8]");
    }

    [TestMethod]
    public async Task AGgufFileIsToldAsWhatItStores()
    {
        using CliRun run = new();
        GgufWriter writer = new GgufWriter().Text("general.architecture", "flux");
        writer.Add("double_blocks.0.img_attn.norm.key_norm.scale", 0, [8], new byte[32]);
        writer.Add("double_blocks.0.img_attn.proj.weight", 8, [4, 32], new byte[4 * 34]);
        Assert.AreEqual(0, await run.RunAsync("inspect", writer.Save(run.Path("x.gguf")), "--tensors"), run.Error);
        StringAssert.Contains(run.Output, "x.gguf: GGUF file, single file of the denoiser alone");
        StringAssert.Matches(run.Output, new Regex("transformer +transformer, original names +2 +136 +168 B +Q8_0 \\(1\\), F32 \\(1\\)"));
        StringAssert.Contains(run.Output, "double_blocks.0.img_attn.proj.weight: Q8_0[4, 32]");
        await File.WriteAllBytesAsync(run.Path("bad.gguf"), [.. "GGUF"u8, 3, 0, 0, 0]);
        Assert.AreEqual(1, await run.RunAsync("inspect", run.Path("bad.gguf")));
        StringAssert.Contains(run.Error, "bad.gguf': it ends within its header");
    }

    [TestMethod]
    public async Task DamagedAndMissingFilesAreNamed()
    {
        using CliRun run = new();
        await File.WriteAllBytesAsync(run.Path("bad.safetensors"), [9, 0, 0, 0]);
        Assert.AreEqual(1, await run.RunAsync("inspect", run.Path("bad.safetensors")));
        StringAssert.Contains(run.Error, "bad.safetensors");
        Assert.AreEqual(1, await run.RunAsync("inspect", run.Path("none")));
        StringAssert.Contains(run.Error, run.Path("none"));
    }

    [TestMethod]
    public async Task AMissingComponentIsAFaultAndTheOthersAreStillTold()
    {
        using CliRun run = new();
        await File.WriteAllTextAsync(run.Path("model_index.json"), """{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "tokenizer": ["transformers", "CLIPTokenizer"]}""");
        Assert.AreEqual(1, await run.RunAsync("inspect", run.Folder));
        StringAssert.Contains(run.Output, "not readable");
        StringAssert.Contains(run.Output, "CLIPTokenizer");
        StringAssert.Contains(run.Error, "unet");
    }

    [TestMethod]
    [DataRow(0L, "0 B")]
    [DataRow(1023L, "1023 B")]
    [DataRow(1536L, "1.50 KiB")]
    [DataRow(3L << 30, "3.00 GiB")]
    public void SizesAreReadable(long bytes, string expected) => Assert.AreEqual(expected, Units.Bytes(bytes));
}
