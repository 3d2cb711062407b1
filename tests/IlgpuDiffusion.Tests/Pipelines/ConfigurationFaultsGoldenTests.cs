using System.Text.Json.Nodes;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Every field of every configuration, set to what it should not be: the model opens as well, or the file is named as at fault; never anything else, and never much memory.</summary>
[TestClass]
public sealed class ConfigurationFaultsGoldenTests
{
    private const long MostBytes = 64 << 20;

    private static readonly string[] Values = ["0", "-1", "1", "3", "7", "0.5", "2147483647", "-2147483648", "2000000000", "1e300", "-1e300", "null", "true", "\"x\"", "[]", "[7]", "[1, 2, 3, 4]", "{}", "[null]", "[[2]]"];

    [TestMethod]
    [DataRow("unet/config.json")]
    [DataRow("vae/config.json")]
    [DataRow("text_encoder/config.json")]
    [DataRow("scheduler/scheduler_config.json")]
    [DataRow("model_index.json")]
    [DataRow("tokenizer/tokenizer_config.json")]
    public void ANumberThatDoesNotFitIsTheFilesFault(string relative)
    {
        using ModelCopy model = new();
        string text = File.ReadAllText(model[relative]);
        int refused = 0;
        foreach ((string field, string value) in JsonNode.Parse(text)!.AsObject().SelectMany(f => Values.Select(value => (f.Key, value))))
        {
            JsonObject json = JsonNode.Parse(text)!.AsObject();
            json[field] = JsonNode.Parse(value);
            File.WriteAllText(model[relative], json.ToJsonString());
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using Disposed opened = new(TestModels.Open(model.Folder, threads: 1));
                _ = opened.Pipeline.Resolve(TestModels.Small);
                _ = opened.Pipeline.Resolve(opened.Pipeline.Defaults.Request(opened.Pipeline.Model.Parts));
            }
            catch (ModelFileException e)
            {
                refused++;
                Assert.Contains(model.Folder, e.Message, $"{field} = {value}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"{field} = {value}: {e}");
            }

            Assert.IsLessThan(MostBytes, GC.GetAllocatedBytesForCurrentThread() - before, $"{field} = {value}");
        }

        Console.WriteLine($"{relative}: {refused} refused");
        Assert.IsGreaterThan(10, refused);
    }

    // Report 16: 'norm_num_groups' 7; its kin say in which field the fault is, and what would do.
    [TestMethod]
    [DataRow("unet/config.json", "norm_num_groups", "7", "divide")]
    [DataRow("vae/config.json", "norm_num_groups", "3", "divide")]
    [DataRow("unet/config.json", "attention_head_dim", "5", "divide")]
    [DataRow("text_encoder/config.json", "num_attention_heads", "5", "divide")]
    [DataRow("text_encoder/config.json", "num_hidden_layers", "2000000000", "16777216")]
    [DataRow("scheduler/scheduler_config.json", "num_train_timesteps", "2000000000", "100000")]
    [DataRow("scheduler/scheduler_config.json", "beta_start", "-1", "between 0 and 1")]
    [DataRow("unet/config.json", "sample_size", "2000000000", "2048")]
    public void TheFieldAtFaultIsNamedWithWhatWouldDo(string relative, string field, string value, string remedy)
    {
        using ModelCopy model = new();
        JsonObject json = JsonNode.Parse(File.ReadAllText(model[relative]))!.AsObject();
        json[field] = JsonNode.Parse(value);
        File.WriteAllText(model[relative], json.ToJsonString());
        ModelFileException fault = Assert.ThrowsExactly<ModelFileException>(() => TestModels.Open(model.Folder));
        Assert.Contains(model[relative], fault.Message);
        Assert.Contains($"'{field}'", fault.Message);
        Assert.Contains(value, fault.Message);
        Assert.Contains(remedy, fault.Message);
    }

    private sealed record Disposed(DiffusionPipeline Pipeline) : IDisposable
    {
        public void Dispose() => Pipeline.DisposeAsync().AsTask().Wait();
    }
}
