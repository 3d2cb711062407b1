using System.Text.Json;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>Words that stand for learned vectors, in both layouts of files.</summary>
[TestClass]
public sealed class TextualInversionGoldenTests
{
    private static readonly string[] Files = [Golden.Find("models/sd15-textual-inversion/tiny-style.safetensors"), Golden.Find("models/sd15-textual-inversion/tiny-cat.safetensors")];

    [TestMethod]
    public async Task IdsAndStatesAreTheReferences()
    {
        GoldenTensors golden = GoldenTensors.Find("models/sd15-textual-inversion.golden.safetensors");
        string[] texts = [.. JsonDocument.Parse(golden.Metadata["calls"]).RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        AdapterSet adapters = AdapterSet.None with { Embeddings = pipeline.Model.Adapters.Embeddings(Files) };
        for (int i = 0; i < texts.Length; i++)
        {
            ConditioningPlan plan = pipeline.Model.Conditioner.Plan(new ConditioningRequest([new ConditioningText("prompt", texts[i])], 0, 64, 64)
            {
                Adapters = adapters,
                Prompts = new PromptOptions { Syntax = PromptSyntax.Plain },
            });
            CollectionAssert.AreEqual(golden.Longs($"{i}.ids").Select(id => (int)id).ToArray(), plan.Prompts[0][0].Ids(), texts[i]);
            float[] states = await pipeline.OnLane(() => pipeline.Model.Conditioner.Encode(plan, CancellationToken.None)[NetworkInputs.Context].Values);
            GoldenAssert.Close(golden.Floats($"{i}.embeds"), states, 5e-5, texts[i]);
        }
    }

    [TestMethod]
    public async Task AFolderServesTheWordsThatThePromptHas()
    {
        GenerationRequest request = TestModels.Small with { Width = 32, Height = 32, Prompt = "a house in Tiny-Style" };
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 2, EmbeddingFolder = Golden.Find("models/sd15-textual-inversion") });
        await using DiffusionPipeline without = TestModels.Open(TestModels.Tiny);
        byte[] styled = (await pipeline.Pixels(request))[0];
        CollectionAssert.AreNotEqual((await without.Pixels(request))[0], styled);
        CollectionAssert.AreEqual((await without.Pixels(request with { Embeddings = [Files[0]] }))[0], styled);
        GenerationRequest plain = request with { Prompt = "a house in styles of tiny-styles" };
        CollectionAssert.AreEqual((await without.Pixels(plain))[0], (await pipeline.Pixels(plain))[0]);
    }

    [TestMethod]
    public async Task AWordOfSeveralVectorsStaysInOneChunk()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        AdapterSet adapters = AdapterSet.None with { Embeddings = pipeline.Model.Adapters.Embeddings(Files) };
        string text = string.Join(' ', Enumerable.Repeat("a", 73)) + " tiny-style";
        PromptTokens tokens = pipeline.Model.Conditioner.Plan(new ConditioningRequest([new ConditioningText("prompt", text)], 0, 64, 64) { Adapters = adapters }).Prompts[0][0];
        Assert.HasCount(2, tokens.Chunks);
        CollectionAssert.AreEqual(new[] { 657, 658, 659 }, tokens.Chunks[1].Ids[1..4]);
    }

    [TestMethod]
    public async Task OtherFilesAreRefused()
    {
        using TemporaryFolder folder = new();
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        string Refused(string path) => Assert.Throws<ModelFileException>(() => pipeline.Plan(TestModels.Small with { Embeddings = [path] })).Message;
        StringAssert.Contains(Refused(folder.Tensors("wide.safetensors", "emb_params")), "made for another family");
        StringAssert.Contains(Refused(Golden.Find("lora/kohya.safetensors")), "no embedding of textual inversion. It is a LoRA");
        StringAssert.Contains(Refused(folder.Text("x.pt", "?")), "runs the code");
        StringAssert.Contains(Refused(folder["none.safetensors"]), "does not exist");
        File.Copy(Files[0], folder["a/tiny-style.safetensors"]);
        StringAssert.Contains(Assert.Throws<ModelFileException>(() => pipeline.Plan(TestModels.Small with { Embeddings = [Files[0], folder["a/tiny-style.safetensors"]] })).Message, "Several embeddings are called 'tiny-style'");
    }
}
