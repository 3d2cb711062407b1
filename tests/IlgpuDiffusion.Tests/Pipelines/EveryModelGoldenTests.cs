using System.Runtime.InteropServices;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Every family with weights of every storage type, every sampler that fits its prediction, on the processor and on ILGPU's device.</summary>
[TestClass]
public sealed class EveryModelGoldenTests
{
    // Activations of 16 bits against F32, as for recorded calls.
    private const double LeastPsnr = 30;

    private static readonly string[] Models = ["sd15", "sd21", "sdxl", "sd3", "sd35", "flux-dev", "flux-schnell"];
    private static readonly ElementType[] Types = [ElementType.F16, ElementType.BF16, ElementType.F8E4M3, ElementType.F8E5M2];
    private static readonly GenerationRequest Request = new() { Prompt = "a red house", Width = 64, Height = 64, Steps = 1, Sampler = "euler", Seed = 3 };

    public static IEnumerable<object[]> EveryModel => Models.Select(model => new object[] { model });

    // Bytes, which most is made of, with every model; every type with a UNet and a transformer.
    public static IEnumerable<object[]> EveryModelAndType => from model in Models from type in Types where type == ElementType.F8E4M3 || model is "sd15" or "sd3" select new object[] { model, type };

    [TestMethod]
    [DynamicData(nameof(EveryModelAndType))]
    public async Task WeightsOfEveryTypeGiveTheBitsOfTheirNumbersInSinglePrecision(string name, ElementType type)
    {
        using ModelCopy narrow = Copy(name), wide = Copy(name);
        Store(narrow, type, type);
        Store(wide, type, ElementType.F32);
        await using DiffusionPipeline stored = TestModels.Open(narrow.Folder), widened = TestModels.Open(wide.Folder);
        CollectionAssert.AreEqual(await widened.Pixels(Request), await stored.Pixels(Request), StructuralComparer.Instance);
        Assert.IsLessThan(widened.Explain(Request).PreparedWeightBytes * 3 / 4, stored.Explain(Request).PreparedWeightBytes, "no copy in single precision");
    }

    [TestMethod]
    [DataRow("sdxl")]
    [DataRow("sd3")]
    [DataRow("flux-dev")]
    public async Task BytesAndActivationsOf16BitsPaintThePictureOfTheProcessor(string name)
    {
        using ModelCopy model = Copy(name);
        Store(model, ElementType.F8E4M3, ElementType.F8E4M3);
        await using DiffusionPipeline processor = TestModels.Open(model.Folder);
        await using DiffusionPipeline other = DiffusionPipeline.Open(model.Folder, new PipelineOptions { Device = () => GpuDevice.Open(GpuKind.IlgpuCpu), Type = ElementType.BF16 });
        double psnr = ImageMetrics.Psnr((await processor.GenerateAsync(Request)).Images[0].Image, (await other.GenerateAsync(Request)).Images[0].Image);
        Console.WriteLine($"measured {psnr:F1} dB");
        Assert.IsGreaterThan(LeastPsnr, psnr);
    }

    [TestMethod]
    [DynamicData(nameof(EveryModel))]
    public async Task EverySamplerThatFitsThePredictionIsTakenAndOthersSaySo(string name)
    {
        using ModelCopy model = Copy(name);
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        List<string> taken = [];
        foreach (string sampler in SamplerCatalogue.Samplers.Select(sampler => sampler.Id))
        {
            try
            {
                pipeline.Explain(Request with { Sampler = sampler, Steps = 3 });
                taken.Add(sampler);
            }
            catch (RequestException e)
            {
                Assert.Contains("sampl", e.Message, StringComparison.OrdinalIgnoreCase);
            }
        }

        Console.WriteLine(string.Join(", ", taken));
        bool flows = !name.StartsWith("sd1", StringComparison.Ordinal) && name is not ("sd21" or "sdxl");
        Assert.HasCount(flows ? 2 : SamplerCatalogue.Samplers.Count, taken);
        foreach (string sampler in flows ? taken : [])
        {
            Assert.HasCount(1, await pipeline.Pixels(Request with { Sampler = sampler, Steps = 2 }));
        }
    }

    private static ModelCopy Copy(string name)
    {
        ModelCopy copy = new(Golden.Find($"models/{name}"));
        if (name == "flux-schnell")
        {
            copy.Share(Golden.Find("models/flux-dev"), "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "vae");
        }

        return copy;
    }

    // Rounds every number to a type, and stores it in another.
    private static void Store(ModelCopy model, ElementType numbers, ElementType stored)
    {
        foreach (string file in Directory.GetFiles(model.Folder, "*.safetensors", SearchOption.AllDirectories))
        {
            GoldenTensors tensors = GoldenTensors.Load(file);
            SafetensorsWriter writer = new();
            foreach (string tensor in tensors.Names)
            {
                writer.Add(tensor, stored, tensors.Shape(tensor), Converted(tensors.Floats(tensor), numbers, stored));
            }

            writer.Save(file);
        }
    }

    private static unsafe byte[] Converted(float[] values, ElementType numbers, ElementType stored)
    {
        byte[] narrow = new byte[values.Length * numbers.Size()];
        float[] wide = new float[values.Length];
        fixed (float* from = values, to = wide)
        {
            fixed (byte* bytes = narrow)
            {
                TensorConvert.FromSingle(numbers, from, bytes, values.Length);
                TensorConvert.ToSingle(numbers, bytes, to, values.Length);
            }
        }

        return stored == numbers ? narrow : MemoryMarshal.AsBytes(wide.AsSpan()).ToArray();
    }

    private sealed class StructuralComparer : System.Collections.IComparer
    {
        public static StructuralComparer Instance { get; } = new();

        public int Compare(object? x, object? y) => ((byte[])x!).AsSpan().SequenceCompareTo((byte[])y!);
    }
}
