using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Model folders that are not as they should be: the message names the file and what is wrong with it.</summary>
[TestClass]
public sealed class DamagedModelGoldenTests
{
    [TestMethod]
    [DataRow("unet", float.NaN, "NaN")]
    [DataRow("text_encoder", float.PositiveInfinity, "infinite")]
    [DataRow("vae", float.NaN, "NaN")]
    public async Task AWeightThatIsNoNumberIsNamedEveryTime(string component, float value, string word)
    {
        using ModelCopy model = new();
        string damaged = "";
        model.Rewrite(component, (name, values) =>
        {
            if (damaged.Length == 0 && name.EndsWith(component == "vae" ? "decoder.conv_in.weight" : "weight", StringComparison.Ordinal))
            {
                damaged = name;
                values[values.Length / 2] = value;
            }

            return (name, values);
        });
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);

        // Twice: the first failure must not count as a check.
        for (int i = 0; i < 2; i++)
        {
            ModelFileException e = await Assert.ThrowsExactlyAsync<ModelFileException>(() => pipeline.GenerateAsync(TestModels.Small));
            Assert.Contains(ModelCopy.FileOf(component), e.Message);
            Assert.Contains($"'{damaged}'", e.Message);
            Assert.Contains(word, e.Message);
        }

        await Assert.ThrowsExactlyAsync<ModelFileException>(() => DiffusionPipeline.LoadAsync(model.Folder));
    }

    [TestMethod]
    [DataRow("unet")]
    [DataRow("vae")]
    [DataRow("text_encoder")]
    public void AMissingTensorIsNamedWithTheNearest(string component)
    {
        using ModelCopy model = new();
        string lost = "";
        model.Rewrite(component, (name, values) =>
        {
            bool first = lost.Length == 0 && name.EndsWith("weight", StringComparison.Ordinal);
            lost = first ? name : lost;
            return (first ? name + "s" : name, values);
        });
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(model.Folder));
        Assert.Contains($"'{lost}'", e.Message);
        Assert.Contains($"{lost}s", e.Message);
    }

    [TestMethod]
    [DataRow("unet")]
    [DataRow("vae")]
    [DataRow("text_encoder")]
    public void AnExtraTensorIsNamed(string component)
    {
        using ModelCopy model = new();
        model.Rewrite(component, (name, values) => (name, values), ("something.else", [1, 2, 3]));
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(model.Folder));
        Assert.Contains("'something.else'", e.Message);
    }

    [TestMethod]
    public void APickleIsRefusedWithTheReason()
    {
        using ModelCopy model = new();
        string pickle = model["unet/diffusion_pytorch_model.bin"];
        File.Delete(model[ModelCopy.FileOf("unet")]);
        File.WriteAllBytes(pickle, [0x80, 2, 0x7d, 0x2e]);
        ModelFileException e = Assert.Throws<ModelFileException>(() => DiffusionPipeline.Open(model.Folder));
        Console.WriteLine(e.Message);
        Assert.Contains("diffusion_pytorch_model.bin", e.Message);
        Assert.Contains("safetensors", e.Message);
    }

    [TestMethod]
    public void ATruncatedFileIsNamed()
    {
        using ModelCopy model = new();
        string file = model[ModelCopy.FileOf("vae")];
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
        Assert.Contains(ModelCopy.FileOf("vae"), Assert.Throws<ModelFileException>(() => DiffusionPipeline.Open(model.Folder)).Message);
    }

    [TestMethod]
    [DataRow("model_index.json")]
    [DataRow("unet/config.json")]
    [DataRow("vae/config.json")]
    [DataRow("text_encoder/config.json")]
    [DataRow("scheduler/scheduler_config.json")]
    [DataRow("tokenizer/vocab.json")]
    [DataRow("tokenizer/merges.txt")]
    public void AFileThatIsMissingOrNoJsonIsNamed(string relative)
    {
        using ModelCopy model = new();
        if (relative.EndsWith(".json", StringComparison.Ordinal))
        {
            File.WriteAllText(model[relative], "{ \"half\": ");
            Names(model, Path.GetFileName(relative));
        }

        File.Delete(model[relative]);
        Names(model, Path.GetFileName(relative));
    }

    [TestMethod]
    public void AFolderThatIsNotThereOrNoModelIsNamed()
    {
        Assert.Contains("no-such-folder", Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open("no-such-folder")).Message);
        Assert.Contains("unet", Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(Path.Combine(TestModels.Tiny, "unet"))).Message);
    }

    [TestMethod]
    public void PartsOfDifferentModelsAreRefused()
    {
        using ModelCopy model = new();
        foreach (string file in Directory.GetFiles(Path.Combine(TestModels.Papercut, "text_encoder")))
        {
            File.Copy(file, model[Path.Combine("text_encoder", Path.GetFileName(file))], overwrite: true);
        }

        Assert.Contains("do not belong together", Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(model.Folder)).Message);
    }

    private static void Names(ModelCopy model, string file)
    {
        ModelFileException e = Assert.Throws<ModelFileException>(() => DiffusionPipeline.Open(model.Folder));
        Console.WriteLine(e.Message);
        Assert.Contains(file, e.Message);
    }
}
