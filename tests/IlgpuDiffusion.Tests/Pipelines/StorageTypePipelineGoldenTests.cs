using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Whole pipelines with activations in 16 bits, against the processor in F32.</summary>
[TestClass]
public sealed class StorageTypePipelineGoldenTests
{
    // 30 dB, 1/32 of the range, is where a difference can just not be seen; F16 has 3 digits more, which are 18 dB.
    private static double LeastPsnr(ElementType type) => type == ElementType.F16 ? 48 : 30;

    private static readonly ElementType[] Types = [ElementType.F16, ElementType.BF16];

    private static readonly SharedPipelines<string> Exact = new(folder => TestModels.Open(folder));
    private static readonly SharedPipelines<(string Folder, ElementType Type)> Narrow = new(key => DiffusionPipeline.Open(key.Folder, new PipelineOptions { Device = () => GpuDevice.Open(GpuKind.IlgpuCpu), Type = key.Type }));
    private static readonly Remembered<(string Recording, string Folder, string Call), float[]> Pictures = new(key => Recorded(key.Recording, key.Call).Paint(Exact[key.Folder]));

    public static IEnumerable<object[]> Calls =>
        from call in new[] { ("sd15", "sd15", "txt2img"), ("sd15-img2img", "sd15", "inpaint"), ("sd21", "sd21", "rescale") }
        from type in Types
        select new object[] { call.Item1, call.Item2, call.Item3, type };

    [ClassCleanup]
    public static async Task Close()
    {
        await Exact.DisposeAsync();
        await Narrow.DisposeAsync();
    }

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public async Task RecordedCallsPaintThePictureOfTheProcessor(string recording, string model, string call, ElementType type)
    {
        string folder = Golden.Find($"models/{model}");
        Compare($"{recording} {call}", type, await Pictures[(recording, folder, call)], await Recorded(recording, call).Paint(Narrow[(folder, type)]));
    }

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public async Task PapercutPaintsThePictureOfTheProcessor(ElementType type)
    {
        GenerationRequest request = new() { Prompt = "a red house in a green meadow by day", Width = 64, Height = 64, Steps = 2, Seed = 7 };
        GeneratedImage picture = (await Narrow[(TestModels.Papercut, type)].GenerateAsync(request)).Images.Single();
        Compare("papercut", type, (await Exact[TestModels.Papercut].GenerateAsync(request)).Images.Single().Image.ToFloats(), picture.Image.ToFloats());
        Assert.AreEqual(type.StorageName(), picture.Metadata.Type);
        StringAssert.Contains(picture.Parameters, $"Type: {type.StorageName()}");
    }

    [TestMethod]
    public void TheTypeIsTheOneAskedForOrWhatTheDeviceLikes()
    {
        Assert.AreEqual(ElementType.F32, Opened(() => new CpuDevice(), null));
        Assert.AreEqual(ElementType.F32, Opened(() => GpuDevice.Open(GpuKind.IlgpuCpu), null));
        Assert.AreEqual(ElementType.F16, Opened(() => new Preferring(), null), "papercut's weights are F16");
        Assert.AreEqual(ElementType.F32, Opened(() => new Preferring(), ElementType.F32));
        Assert.AreEqual(ElementType.BF16, Opened(() => new Preferring(), ElementType.BF16));
    }

    [TestMethod]
    public void ATypeThatADeviceDoesNotStoreIsRefusedByName()
    {
        RequestException error = Assert.ThrowsExactly<RequestException>(() => DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Type = ElementType.F16 }));
        StringAssert.Contains(error.Message, "type f16");
        StringAssert.Contains(error.Message, "stores activations as f32 only");
    }

    private static GoldenCall Recorded(string recording, string call) => new(GoldenTensors.Find($"models/{recording}.golden.safetensors"), call);

    private static ElementType Opened(Func<Device> device, ElementType? type)
    {
        DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Device = device, Type = type });
        pipeline.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return pipeline.Type;
    }

    private static void Compare(string what, ElementType type, float[] expected, float[] actual)
    {
        double squares = expected.Zip(actual, (a, b) => ((double)a - b) * ((double)a - b)).Average();
        double psnr = -10 * Math.Log10(squares);
        Console.WriteLine(FormattableString.Invariant($"measured {what} in {type}: {psnr:F1} dB"));
        Assert.IsGreaterThanOrEqualTo(LeastPsnr(type), psnr, what);
        Assert.IsGreaterThan(0.0, squares, "nothing was rounded");
    }

    /// <summary>A device that likes 16 bits, as GPUs do.</summary>
    private sealed class Preferring() : DelegatingDevice(new OracleDevice())
    {
        internal override bool PrefersNarrow => true;
    }
}
