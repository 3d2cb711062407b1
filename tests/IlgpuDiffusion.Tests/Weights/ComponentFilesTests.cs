using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class ComponentFilesTests
{
    [TestMethod]
    [DataRow("model.safetensors")]
    [DataRow("diffusion_pytorch_model.safetensors")]
    [DataRow("model.fp16.safetensors")]
    [DataRow("diffusion_pytorch_model.fp16.safetensors")]
    [DataRow("diffusion_pytorch_model.bf16.safetensors")]
    public void TheOnlyFileIsTaken(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Tensors(name, "x");
        folder.Text("config.json", "{}");
        using var store = WeightStore.Open(folder.Path);
        Assert.AreEqual(folder[name], store.Get("x").File);
    }

    [TestMethod]
    public void APlainFileIsPreferredAndAVariantTakenWhenAsked()
    {
        using var folder = new TemporaryFolder();
        folder.Tensors("model.safetensors", "plain");
        folder.Tensors("model.fp16.safetensors", "half");
        using (var plain = WeightStore.Open(folder.Path))
        {
            Assert.IsTrue(plain.Contains("plain"));
        }

        using (var half = WeightStore.Open(folder.Path, new WeightOptions { Variant = "fp16" }))
        {
            Assert.IsTrue(half.Contains("half"));
        }

        Refused(folder.Path, "no 'bf16' variant", new WeightOptions { Variant = "bf16" });
        Refused(folder.Path, "fp16", new WeightOptions { Variant = "bf16" });
    }

    [TestMethod]
    public void SeveralVariantsWithoutAPlainFileMustBeChosenFrom()
    {
        using var folder = new TemporaryFolder();
        folder.Tensors("model.bf16.safetensors", "x");
        folder.Tensors("model.fp8.safetensors", "x");
        Refused(folder.Path, "several variants of its weights (bf16, fp8)");
        folder.Tensors("model.fp16.safetensors", "x");
        using var store = WeightStore.Open(folder.Path);
        Assert.AreEqual(folder["model.fp16.safetensors"], store.Get("x").File);
    }

    [TestMethod]
    [DataRow("diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model-0000{0}-of-00002.safetensors", null)]
    [DataRow("diffusion_pytorch_model.safetensors.index.fp16.json", "diffusion_pytorch_model.fp16-0000{0}-of-00002.safetensors", "fp16")]
    [DataRow("model.safetensors.index.fp16.json", "model-0000{0}-of-00002.fp16.safetensors", null)]
    [DataRow("model.fp16.safetensors.index.json", "model.fp16-0000{0}-of-00002.safetensors", "fp16")]
    public void ShardsAreJoined(string index, string shard, string? variant)
    {
        using var folder = new TemporaryFolder();
        var (one, two) = (shard.Replace("{0}", "1", StringComparison.Ordinal), shard.Replace("{0}", "2", StringComparison.Ordinal));
        folder.Tensors(one, "a", "b");
        folder.Tensors(two, "c");
        folder.Text(index, $$$"""{"metadata":{"total_size":24},"weight_map":{"a":"{{{one}}}","b":"{{{one}}}","c":"{{{two}}}"}}""");
        foreach (var path in new[] { folder.Path, folder[index] })
        {
            using var store = WeightStore.Open(path, new WeightOptions { Variant = variant });
            Assert.AreEqual(3, store.Count);
            Assert.AreEqual(folder[two], store.Get("c").File);
        }

        File.Delete(folder[two]);
        Refused(folder.Path, $"The shard '{folder[two]}' is missing", new WeightOptions { Variant = variant });
    }

    [TestMethod]
    public void ADamagedIndexIsRefusedWithTheReason()
    {
        using var folder = new TemporaryFolder();
        folder.Tensors("one.safetensors", "a.weight");
        folder.Tensors("two.safetensors", "a.weight");
        foreach (var (text, reason) in new[]
        {
            ("{", "not valid JSON"),
            ("[]", "no 'weight_map'"),
            ("""{"weight_map":{"a.weight":"../one.safetensors"}}""", "plain name of a file"),
            ("""{"weight_map":{"a.weight":3}}""", "plain name of a file"),
            ("""{"weight_map":{"a.wieght":"one.safetensors"}}""", "does not hold the tensor 'a.wieght'"),
            ("""{"weight_map":{"a.wieght":"one.safetensors"}}""", "The nearest name is 'a.weight'"),
            ("""{"weight_map":{"a.weight":"one.safetensors","b":"two.safetensors"}}""", "'b'"),
            ("""{"weight_map":{"a.weight":"gone.safetensors"}}""", "gone.safetensors' is missing"),
        })
        {
            folder.Text("model.safetensors.index.json", text);
            Refused(folder.Path, reason);
        }
    }

    [TestMethod]
    public void ATensorInTwoShardsIsRefused()
    {
        using var folder = new TemporaryFolder();
        folder.Tensors("one.safetensors", "a", "b");
        folder.Tensors("two.safetensors", "c", "a");
        folder.Text("model.safetensors.index.json", """{"weight_map":{"b":"one.safetensors","c":"two.safetensors"}}""");
        Refused(folder.Path, "'a' occurs twice");
    }

    [TestMethod]
    public void AFolderWithoutSafetensorsSaysWhatItHolds()
    {
        using var folder = new TemporaryFolder();
        Refused(folder.Path, "holds no weights");
        Refused(folder.Path + "-none", "does not exist");
        folder.Tensors("model-00001-of-00002.safetensors", "x");
        Refused(folder.Path, "without their index");
        File.Delete(folder["model-00001-of-00002.safetensors"]);
        folder.Text("diffusion_pytorch_model.bin", "x");
        Refused(folder.Path, "runs the code");
    }

    private static void Refused(string path, string reason, WeightOptions? options = null) =>
        StringAssert.Contains(Assert.Throws<ModelFileException>(() => WeightStore.Open(path, options)).Message, reason);
}
