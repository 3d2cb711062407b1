using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Tiny decoders beside the model's own autoencoder.</summary>
[TestClass]
public sealed class TinyDecoderPipelineGoldenTests
{
    private static readonly string Folder = Golden.Find("models/taesd");
    private static readonly GenerationRequest Request = TestModels.Small;

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    public async Task ItDecodesWhatItIsAskedTo()
    {
        await using DiffusionPipeline plain = TestModels.Open(TestModels.Tiny), tiny = Open(Folder);
        byte[] full = (await plain.Pixels(Request))[0];
        GeneratedImage small = (await tiny.GenerateAsync(Request)).Images.Single();
        CollectionAssert.AreNotEqual(full, small.Image.Pixels);
        StringAssert.Contains(small.Parameters, "VAE Decoder: TAESD");
        CollectionAssert.AreEqual(full, (await tiny.Pixels(Request with { TinyDecoder = TinyDecoding.Previews }))[0]);
        CollectionAssert.AreEqual(full, (await tiny.Pixels(Request with { TinyDecoder = TinyDecoding.None }))[0]);

        byte[] byTiny = await Preview(tiny, TinyDecoding.All), byFull = await Preview(tiny, TinyDecoding.None);
        CollectionAssert.AreEqual(byTiny, await Preview(tiny, TinyDecoding.Previews));
        CollectionAssert.AreEqual(byFull, await Preview(tiny, TinyDecoding.Pictures));
        CollectionAssert.AreNotEqual(byFull, byTiny);
    }

    [TestMethod]
    public async Task ExplainTellsWhatRuns()
    {
        await using DiffusionPipeline tiny = Open(Folder);
        string[] Parts(GenerationRequest request) => [.. tiny.Explain(request).Components.Select(component => $"{component.Name} {component.Runs}")];
        CollectionAssert.AreEqual(new[] { "text encoder 1", "denoiser 1", "tiny decoder 1" }, Parts(Request));
        CollectionAssert.AreEqual(new[] { "text encoder 1", "denoiser 1", "tiny decoder 3", "decoder 1" }, Parts(Request with { Steps = 4, PreviewInterval = 1, TinyDecoder = TinyDecoding.Previews }));
        CollectionAssert.AreEqual(new[] { "text encoder 1", "denoiser 1", "decoder 1" }, Parts(Request with { TinyDecoder = TinyDecoding.None }));
    }

    [TestMethod]
    public async Task AFileIsItsFolderBitForBit()
    {
        await using DiffusionPipeline folder = Open(Folder);
        byte[] expected = (await folder.Pixels(Request))[0];
        GoldenTensors tensors = GoldenTensors.Load(Directory.GetFiles(Folder, "*.safetensors").Single());
        foreach (string layout in (string[])["decoder.layers.", "", "taesd_decoder."])
        {
            SafetensorsWriter writer = new();
            foreach (string name in tensors.Names)
            {
                // The original's first layer is the bound of the latents.
                string[] parts = name["decoder.layers.".Length..].Split('.', 2);
                int layer = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture) + (layout == "decoder.layers." ? 0 : 1);
                writer.Add($"{layout}{layer}.{parts[1]}", ElementType.F32, tensors.Shape(name), MemoryMarshal.AsBytes(tensors.Floats(name).AsSpan()).ToArray());
            }

            string file = _folder[$"taesd{layout}safetensors"];
            writer.Save(file);
            await using DiffusionPipeline single = Open(file);
            CollectionAssert.AreEqual(expected, (await single.Pixels(Request))[0], layout);
        }
    }

    [TestMethod]
    public void WhatDoesNotFitIsRefused()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => Open(Folder, "models/sd3")).Message, "it was made for another family");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => Open(Golden.Find("models/sd15/vae"))).Message, "is a AutoencoderKL. Supported is AutoencoderTiny");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => Open(Golden.Find("models/sd15"))).Message, "so it is no tiny decoder's folder");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => Open(Golden.Find("models/sd15/vae/diffusion_pytorch_model.safetensors"))).Message, "holds no tiny decoder. It is");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Files = new Dictionary<string, string> { ["vae"] = Folder } })).Message, "with --taesd");
    }

    private static DiffusionPipeline Open(string tiny, string model = "models/sd15") => DiffusionPipeline.Open(Golden.Find(model), new PipelineOptions { Threads = 2, Files = new Dictionary<string, string> { ["taesd"] = tiny } });

    private static async Task<byte[]> Preview(DiffusionPipeline pipeline, TinyDecoding what)
    {
        await foreach (GenerationEvent e in pipeline.StreamAsync(Request with { PreviewInterval = 1, TinyDecoder = what }))
        {
            if (e is PreviewEvent preview)
            {
                return preview.Image.Pixels;
            }
        }

        throw new InvalidOperationException("there was no preview");
    }
}
