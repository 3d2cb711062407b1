using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Which kernels the products of a published model take on a device with tensor cores and 132 multiprocessors: each is compiled before the first picture.</summary>
[TestClass]
public sealed class TensorKernelsGoldenTests
{
    private static GpuDevice _device = null!;

    [ClassInitialize]
    public static void Open(TestContext context)
    {
        _device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { EmulatesTensorCores = true });
        _device.Host.Processors = 132;
    }

    [ClassCleanup]
    public static void Close() => _device.Dispose();

    [TestMethod]
    public void ADenoiserIn16BitsTakesTensorCores() =>
        Check(
            ElementType.BF16,
            Denoiser,
            "convolution on tensor cores, 128×128 BF16",
            "convolution on tensor cores, 128×128 BF16, in parts",
            "convolution on tensor cores, 128×160 BF16",
            "portable product, BF16 by BF16",
            "product in blocks, by F16",
            "product on tensor cores, 128×128 BF16",
            "product on tensor cores, 128×128 BF16, in parts",
            "product on tensor cores, 128×160 BF16",
            "resized convolution on tensor cores, 128×128 BF16, in parts",
            "resized convolution on tensor cores, 128×160 BF16");

    [TestMethod]
    public void ADecoderIn16BitsTakesTensorCores() =>
        Check(
            ElementType.F16,
            Decoder,
            "convolution on tensor cores, 128×128 F16",
            "portable product, F16 by F16",
            "product on tensor cores, 128×128 F16",
            "resized convolution on tensor cores, 128×128 F16");

    [TestMethod]
    public void SinglePrecisionIsComputedInBlocks() => Check(ElementType.F32, Denoiser, "product in blocks, by F16");

    [TestMethod]
    public void TheRecordedBlocksTakeThemToo()
    {
        string folder = Golden.Find("models/sd15/unet");
        using WeightStore weights = WeightStore.Open(folder);
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        Graph graph = new();
        unet.Build(
            new ModelBuilder(graph, weights),
            graph.Input("latents", new Shape(2, 16, 16, unet.Config.InChannels), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape(2, 1, 77, unet.TextChannels), Stage.Request));
        Executable executable = Executable.Compile([new Variant(graph.Marks["mid_block"])], _device, new CompileOptions { Type = ElementType.BF16 });
        ILookup<string, string?> kernels = executable.Programs[^1].Launches.Where(launch => launch.Op is "Linear" or "Conv2d").ToLookup(launch => launch.Path, launch => launch.Kernel);
        Assert.StartsWith("convolution on tensor cores", kernels["mid_block.resnets.0.conv1"].Single());
        Assert.StartsWith("product on tensor cores", kernels["mid_block.attentions.0.transformer_blocks.0.ff.net.2"].Single());
    }

    private static void Check(ElementType type, Func<Graph, (Value, WeightStore)> build, params string[] kernels)
    {
        (Value output, WeightStore weights) = build(new Graph());
        using (weights)
        {
            Executable executable = Executable.Compile([new Variant(output)], _device, new CompileOptions { Type = type });
            LaunchReport[] products = [.. executable.Programs.SelectMany(program => program.Launches).Where(launch => launch.Op is "Linear" or "Conv2d")];
            string[] taken = [.. products.Select(launch => launch.Kernel!).Distinct().Order(StringComparer.Ordinal)];
            foreach (IGrouping<string, LaunchReport> kernel in products.GroupBy(launch => launch.Kernel!))
            {
                Console.WriteLine($"{kernel.Key}: {kernel.Count()}, the first '{kernel.First().Path}' {kernel.First().Result}");
            }

            CollectionAssert.AreEqual(kernels, taken, string.Join(Environment.NewLine, taken));

            // What is left to the portable kernel are the few channels of latents.
            long portable = products.Where(launch => launch.Kernel!.StartsWith("portable", StringComparison.Ordinal)).Sum(launch => launch.Work.Flops);
            Assert.IsLessThan(0.001, portable / (double)products.Sum(launch => launch.Work.Flops));
        }
    }

    private static (Value Output, WeightStore Weights) Denoiser(Graph graph)
    {
        (WeightStore weights, string config) = Keys("sd15.unet");
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Parse(config, "unet"));
        Value output = unet.Build(
            new ModelBuilder(graph, weights),
            graph.Input("latents", new Shape(2, 64, 64, unet.Config.InChannels), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape(2, 1, 77, unet.TextChannels), Stage.Request));
        return (output, weights);
    }

    private static (Value Output, WeightStore Weights) Decoder(Graph graph)
    {
        (WeightStore weights, string config) = Keys("sd.vae");
        AutoencoderKl vae = AutoencoderKl.Read(ComponentConfig.Parse(config, "vae"));
        return (vae.Decode(new ModelBuilder(graph, weights), graph.Input("x", new Shape(1, 64, 64, 4), Stage.Request)), weights);
    }

    private static (WeightStore Weights, string Config) Keys(string name)
    {
        using GZipStream stream = new(File.OpenRead(Golden.Find($"keys/{name}.json.gz")), CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        (string, long[])[] shapes = [.. json.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(s => s.GetInt64()).ToArray()))];
        return (WeightStore.ShapesOnly(shapes, ElementType.F16), json.RootElement.GetProperty("config").GetRawText());
    }
}
