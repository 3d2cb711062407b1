using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class ModelFolderTests
{
    private static readonly string Papercut = Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Papercut", "model");

    [TestMethod]
    public void AVariantNeedNotBeThereOfEveryComponent()
    {
        using TemporaryFolder copy = new();
        File.Copy(Path.Combine(Papercut, "model_index.json"), Path.Combine(copy.Path, "model_index.json"));
        foreach ((string component, string file) in new[] { ("unet", "diffusion_pytorch_model.bf16.safetensors"), ("unet", "diffusion_pytorch_model.non_ema.safetensors"), ("vae", "diffusion_pytorch_model.safetensors") })
        {
            Directory.CreateDirectory(Path.Combine(copy.Path, component));
            File.Copy(Path.Combine(Papercut, "vae", "diffusion_pytorch_model.safetensors"), Path.Combine(copy.Path, component, file));
        }

        var folder = ModelFolder.Open(copy.Path);
        using var unet = folder.Weights("unet", new WeightOptions { Variant = "bf16" });
        using var vae = folder.Weights("vae", new WeightOptions { Variant = "bf16" });
        Assert.AreEqual(unet.Count, vae.Count);
        Assert.Contains("'fp16'", Assert.Throws<ModelFileException>(() => folder.Weights("vae", new WeightOptions { Variant = "fp16" })).Message);
    }

    [TestMethod]
    public void ThePapercutModelOpens()
    {
        var folder = ModelFolder.Open(Papercut);
        folder.RequirePipeline("StableDiffusionXLPipeline", "StableDiffusionPipeline");
        CollectionAssert.AreEquivalent(new[] { "scheduler", "text_encoder", "tokenizer", "unet", "vae" }, folder.Components.Keys.ToArray());
        Assert.AreEqual("UNet2DConditionModel", folder.Component("unet").ClassName);
        Assert.IsFalse(folder.Has("safety_checker"));
        Assert.IsFalse(folder.Index.Flag("requires_safety_checker", true));
        Assert.AreEqual("v_prediction", folder.Config("scheduler").Text("prediction_type"));
        Assert.AreEqual("CLIPTextModel", folder.Config("text_encoder").ClassName);
        Assert.IsNotNull(folder.FindFile("tokenizer", "merges.txt"));
        Assert.IsNull(folder.FindFile("tokenizer", "spiece.model"));
        foreach (var component in new[] { "unet", "vae", "text_encoder" })
        {
            using var store = folder.Weights(component);
            Assert.IsTrue(store.Tensors.All(t => t.Type == ElementType.F16));
            foreach (var tensor in store.Tensors)
            {
                tensor.ThrowIfNotFinite();
            }
        }
    }

    [TestMethod]
    public void WhatIsMissingIsNamed()
    {
        using var temporary = new TemporaryFolder();
        temporary.Text("model_index.json", """{"_class_name":"OtherPipeline","unet":["diffusers","UNet2DConditionModel"],"vae":[null,null],"sizes":[1,2,3],"scheduler":["diffusers","X"]}""");
        temporary.Text("scheduler/readme.txt", string.Empty);
        var folder = ModelFolder.Open(temporary.Path);
        Refused(() => folder.RequirePipeline("StableDiffusionPipeline", "FluxPipeline"), "'OtherPipeline' is not supported. Supported: FluxPipeline, StableDiffusionPipeline.");
        Refused(() => folder.Component("vae"), "names no component 'vae'. It names scheduler, unet.");
        Refused(() => folder.Component("unet"), "of the component 'unet' is missing");
        Refused(() => folder.Config("scheduler"), "scheduler_config.json' is missing");
    }

    [TestMethod]
    public void APathThatIsNoModelFolderSaysWhatItIs()
    {
        using var folder = new TemporaryFolder();
        Refused(() => ModelFolder.Open(folder["none"]), "does not exist");
        Refused(() => ModelFolder.Open(folder.Path), "not a diffusers model folder");
        Refused(() => ModelFolder.Open(folder.Tensors("x.safetensors", "a")), "is a file");
        folder.Text("old/model.ckpt", "x");
        Refused(() => ModelFolder.Open(Path.GetDirectoryName(folder["old/model.ckpt"])!), "runs the code");
        folder.Text("outer/inner/model_index.json", "{}");
        Refused(() => ModelFolder.Open(Path.GetDirectoryName(folder["outer/x"])!), "inner' inside it");
        Refused(() => ModelFolder.Open(Path.GetDirectoryName(folder["outer/inner/x"])!), "lacks '_class_name'");
        folder.Text("unet/config.json", "{}");
        Refused(() => ModelFolder.Open(Path.GetDirectoryName(folder["unet/x"])!), "one component");
        folder.Text("bad/model_index.json", "{");
        Refused(() => ModelFolder.Open(Path.GetDirectoryName(folder["bad/x"])!), "not valid JSON");
        folder.Text("evil/model_index.json", """{"_class_name":"P","../x":["a","b"]}""");
        Refused(() => ModelFolder.Open(Path.GetDirectoryName(folder["evil/x"])!), "plain name of a folder");
    }

    private static void Refused(Action action, string reason) => StringAssert.Contains(Assert.Throws<ModelFileException>(action).Message, reason);
}
