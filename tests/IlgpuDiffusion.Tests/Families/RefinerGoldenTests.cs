using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>
/// The refiner of Stable Diffusion XL, of which there is no recording: a base model whose network does not look at the first text encoder and the target size is the refiner without them.
/// </summary>
[TestClass]
public sealed class RefinerGoldenTests
{
    private const int First = 24, Second = 32, Pooled = 20, Sinusoids = 8;

    [TestMethod]
    public async Task ItIsTheBaseModelWithoutWhatItLacks()
    {
        using ModelCopy blind = new(Golden.Find("models/sdxl")), refiner = new(Golden.Find("models/sdxl"));
        Change(blind, (name, shape, values) => IsOfText(name) ? (shape, Columns(values, shape, (c, x) => c < First ? 0 : x)) : IsOfSizes(name) ? (shape, Columns(values, shape, (c, x) => c >= Pooled + (4 * Sinusoids) ? 0 : x)) : (shape, values));
        Change(refiner, (name, shape, values) => IsOfText(name) ? Sliced(values, shape, First, Second) : IsOfSizes(name) ? Scored(values, shape, score: false) : (shape, values));
        MakeRefiner(refiner);
        await using DiffusionPipeline @base = TestModels.Open(blind.Folder), own = TestModels.Open(refiner.Folder);
        Assert.AreEqual("Stable Diffusion XL refiner", own.Explain(TestModels.Small).Family);
        GoldenAssert.Close(await @base.Latents(TestModels.Small), await own.Latents(TestModels.Small), 1e-4, "latents");

        GenerationRequest picture = TestModels.Small with { InitImage = new Image(64, 64), Strength = 0.5 };
        GoldenAssert.Close(await @base.Latents(picture), await own.Latents(picture), 1e-4, "latents of image to image");
    }

    [TestMethod]
    [DataRow("img2img")]
    [DataRow("img2img-told")]
    public async Task EveryStepIsDiffusers(string call)
    {
        using ModelCopy copy = Recorded();
        await using DiffusionPipeline pipeline = TestModels.Open(copy.Folder);
        await new GoldenCall(Recording, call).Check(pipeline);
    }

    [TestMethod]
    public async Task EveryStepOfAHandoverIsDiffusers()
    {
        using ModelCopy copy = Recorded();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(Golden.Find("models/sdxl"), new PipelineOptions { Threads = 2, Refiner = copy.Folder });
        await new GoldenCall(Recording, "handover").Check(pipeline);
    }

    [TestMethod]
    public async Task ScoresAreThoseOfDiffusersAndAreLookedAt()
    {
        using ModelCopy with = new(Golden.Find("models/sdxl")), without = new(Golden.Find("models/sdxl"));
        foreach ((ModelCopy copy, bool score) in ((ModelCopy, bool)[])[(with, true), (without, false)])
        {
            Change(copy, (name, shape, values) => IsOfText(name) ? Sliced(values, shape, First, Second) : IsOfSizes(name) ? Scored(values, shape, score) : (shape, values));
            MakeRefiner(copy);
        }

        await using DiffusionPipeline scored = TestModels.Open(with.Folder), blind = TestModels.Open(without.Folder);
        CollectionAssert.AreNotEqual(await blind.Latents(TestModels.Small), await scored.Latents(TestModels.Small));
        HostTensor numbers = await scored.OnLane(() => scored.Model.Conditioner.Encode(scored.Resolve(TestModels.Small with { Width = 128 }).Conditioning, CancellationToken.None)[NetworkInputs.TimeIds]);
        CollectionAssert.AreEqual(new float[] { 64, 128, 0, 0, 2.5f, 64, 128, 0, 0, 6 }, numbers.Values, "negative first");
        GenerationRequest others = TestModels.Small with { AestheticScore = 7, NegativeAestheticScore = 1.5 };
        numbers = await scored.OnLane(() => scored.Model.Conditioner.Encode(scored.Resolve(others).Conditioning, CancellationToken.None)[NetworkInputs.TimeIds]);
        CollectionAssert.AreEqual(new[] { 1.5f, 7 }, new[] { numbers.Values[4], numbers.Values[9] });
        StringAssert.Contains((await scored.GenerateAsync(others)).Images[0].Parameters, "Aesthetic score: 7, Negative aesthetic score: 1.5");
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => scored.Explain(others with { TargetSize = new(64, 64) })).Message, "target size is for the base model");
        _ = scored.Explain(others with { OriginalSize = new(64, 64), CropsCoordsTopLeft = new(1, 2) });
    }

    [TestMethod]
    public async Task AFileInTheOriginalLayoutIsItsFolderBitForBit()
    {
        using ModelCopy refiner = new(Golden.Find("models/sdxl"));
        Change(refiner, (name, shape, values) => IsOfText(name) ? Sliced(values, shape, First, Second) : IsOfSizes(name) ? Scored(values, shape, score: true) : (shape, values));
        MakeRefiner(refiner);
        using TemporaryFolder folder = new();
        SingleFile.Write("sdxl", folder["base.safetensors"]);
        SafetensorsWriter writer = new();
        GoldenTensors whole = GoldenTensors.Load(folder["base.safetensors"]), unet = GoldenTensors.Load(refiner[ModelCopy.FileOf("unet")]);
        void Add(string name, GoldenTensors from, string source) => writer.Add(name, ElementType.F32, from.Shape(source), MemoryMarshal.AsBytes(from.Floats(source).AsSpan()).ToArray());
        foreach (string name in whole.Names.Where(name => name.StartsWith("first_stage_model.", StringComparison.Ordinal) || (name.StartsWith(SecondText, StringComparison.Ordinal) && whole.Shape(name).Length > 0)))
        {
            Add(name.Replace(SecondText, OnlyText, StringComparison.Ordinal), whole, name);
        }

        KeyTable table = UNetKeys.OfCanonical([.. unet.Names]);
        foreach (string name in unet.Names)
        {
            Add($"model.diffusion_model.{table.Original(name)}", unet, name);
        }

        writer.Save(folder["sd_xl_refiner.safetensors"]);
        await using DiffusionPipeline own = TestModels.Open(refiner.Folder), file = DiffusionPipeline.Open(folder["sd_xl_refiner.safetensors"], new PipelineOptions { Threads = 2, Config = refiner.Folder });
        Assert.AreEqual("Stable Diffusion XL refiner", file.Explain(TestModels.Small).Family);
        CollectionAssert.AreEqual(await own.Latents(TestModels.Small), await file.Latents(TestModels.Small));
        CollectionAssert.AreEqual((await own.Pixels(TestModels.Small))[0], (await file.Pixels(TestModels.Small))[0]);
    }

    private const string SecondText = "conditioner.embedders.1.model.", OnlyText = "conditioner.embedders.0.model.";

    private static bool IsOfText(string name) => name.EndsWith("attn2.to_k.weight", StringComparison.Ordinal) || name.EndsWith("attn2.to_v.weight", StringComparison.Ordinal);

    private static bool IsOfSizes(string name) => name == "add_embedding.linear_1.weight";

    private static float[] Columns(float[] values, long[] shape, Func<int, float, float> change) => [.. values.Select((x, i) => change((int)(i % shape[1]), x))];

    private static (long[] Shape, float[] Values) Sliced(float[] values, long[] shape, int from, int count) =>
        ([shape[0], count], [.. values.Chunk((int)shape[1]).SelectMany(row => row.Skip(from).Take(count))]);

    // Pooled text, original size and crop as they are; the score in place of the target's height.
    private static (long[] Shape, float[] Values) Scored(float[] values, long[] shape, bool score)
    {
        const int Kept = Pooled + (4 * Sinusoids);
        return ([shape[0], Kept + Sinusoids], [.. values.Chunk((int)shape[1]).SelectMany(row => row.Take(Kept + Sinusoids).Select((x, c) => c < Kept || score ? x : 0))]);
    }

    private static void Change(ModelCopy copy, Func<string, long[], float[], (long[] Shape, float[] Values)> change)
    {
        string file = copy[ModelCopy.FileOf("unet")];
        GoldenTensors tensors = GoldenTensors.Load(file);
        SafetensorsWriter writer = new();
        foreach (string name in tensors.Names)
        {
            (long[] shape, float[] values) = change(name, tensors.Shape(name), tensors.Floats(name));
            writer.Add(name, ElementType.F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }

        writer.Save(file);
    }

    private static GoldenTensors Recording => GoldenTensors.Find("models/sdxl-refiner.golden.safetensors");

    // The recorded network with the other parts of the base model.
    private static ModelCopy Recorded()
    {
        ModelCopy copy = new(Golden.Find("models/sdxl"));
        MakeRefiner(copy);
        foreach (string file in Directory.GetFiles(Golden.Find("models/sdxl-refiner/unet")))
        {
            File.Copy(file, copy[$"unet/{Path.GetFileName(file)}"], overwrite: true);
        }

        return copy;
    }

    private static void MakeRefiner(ModelCopy copy)
    {
        Edit(copy["unet/config.json"], config => (config["cross_attention_dim"], config["projection_class_embeddings_input_dim"]) = (Second, Pooled + (5 * Sinusoids)));
        copy.LeaveOut("text_encoder", "tokenizer");
        Edit(copy["model_index.json"], index => (index["_class_name"], index["requires_aesthetics_score"], index["force_zeros_for_empty_prompt"]) = ("StableDiffusionXLImg2ImgPipeline", true, true));
    }

    private static void Edit(string file, Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
