using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Acceleration;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class AutoencoderKlGoldenTests
{
    private const double Bound = 5e-5;

    [TestMethod]
    [DataRow("sd15", TestDevices.Oracle)]
    [DataRow("sd15", TestDevices.Cpu)]
    [DataRow("sd15", TestDevices.Winograd2)]
    [DataRow("sd15", TestDevices.Winograd4)]
    [DataRow("sd15", TestDevices.Direct)]
    [DataRow("sd15", TestDevices.Phases)]
    [DataRow("sd3", TestDevices.Cpu)]
    [DataRow("sd3", TestDevices.IlgpuCpu)]
    public void LatentsOfAPictureAreTheReferences(string model, string deviceName)
    {
        using Setup s = new(model, deviceName);
        s.Vae.Check(s.Weights);
        (Value mean, Value logVariance) = s.Vae.Encode(s.Builder, s.Input("vae.image"));
        float[][] results = s.Run("vae.image", mean, logVariance);
        s.Compare("vae.mean", results[0]);
        s.Compare("vae.logvar", results[1]);
    }

    [TestMethod]
    [DataRow("sd15", TestDevices.Oracle)]
    [DataRow("sd15", TestDevices.Cpu)]
    [DataRow("sd15", TestDevices.Winograd2)]
    [DataRow("sd15", TestDevices.Winograd4)]
    [DataRow("sd15", TestDevices.Direct)]
    [DataRow("sd15", TestDevices.Phases)]
    [DataRow("sd3", TestDevices.Cpu)]
    [DataRow("sd3", TestDevices.IlgpuCpu)]
    public void ThePictureOfLatentsIsTheReferences(string model, string deviceName)
    {
        using Setup s = new(model, deviceName);
        float[][] results = s.Run("vae.latent", s.Vae.Decode(s.Builder, s.Input("vae.latent")));
        s.Compare("vae.decoded", results[0]);
    }

    /// <summary>Tiles of the attention: the group norm being that of the whole picture, or, as published, each tile's own.</summary>
    [TestMethod]
    [DataRow("vae", TestDevices.Cpu)]
    [DataRow("vae", TestDevices.Oracle)]
    [DataRow("vae", TestDevices.IlgpuCpu)]
    [DataRow("vae-swap2", TestDevices.Cpu)]
    public void TilesOfItsAttentionAreTheRecordedOnes(string name, string deviceName)
    {
        AccelerationCase recorded = new("hypertile", name);
        GoldenTensors tensors = recorded.Tensors;
        using WeightStore weights = WeightStore.Open(recorded.Weights, new WeightOptions { Rename = AutoencoderKl.CanonicalName });
        AutoencoderKl vae = AutoencoderKl.Read(ComponentConfig.Read(Path.Combine(recorded.Weights, "config.json")));
        long[] shape = tensors.Shape("latent");
        using Device device = TestDevices.Create(deviceName);
        Grid grid = new((int)shape[2], (int)shape[3]);
        (int rows, int columns, int side) = (recorded.Int("nh"), recorded.Int("nw"), recorded.Int("tile_size") / vae.Config.Factor);
        Assert.Contains(rows, AxisCuts.Published(grid.Height, side, recorded.Int("swap_size")));
        Assert.Contains(columns, AxisCuts.Published(grid.Width, side, recorded.Int("swap_size")));
        TileGrid cut = new(AxisCuts.Even(grid.Height, rows), AxisCuts.Even(grid.Width, columns));
        (DecoderTiles Tiles, string Expected)[] forms =
        [
            (new DecoderTiles(grid, default), "decoded.off"), (new DecoderTiles(grid, cut, ownNorms: false), "decoded.global_norm"), (new DecoderTiles(grid, cut, ownNorms: true), "decoded.on"),
        ];
        foreach ((DecoderTiles tiles, string expected) in forms.Where(form => tensors.Has(form.Expected)))
        {
            Graph graph = new();
            Value picture = vae.Decode(new ModelBuilder(graph, weights, tiles.Plan()), graph.Input("x", new Shape(1, grid.Height, grid.Width, (int)shape[1]), Stage.Request));
            Executable executable = Executable.Compile([new Variant(picture)], device);
            using Residency residency = new(device);
            executable.Load(residency, new StoredWeights(weights));
            using Lane lane = new(device);
            using Run run = Run.Begin(executable, lane);
            run.Set<float>("x", GridLayout.ChannelsLast(tensors.Floats("latent"), shape));
            tiles.Set(run);
            run.Prepare();
            GoldenAssert.Close(tensors.Floats(expected), GridLayout.ChannelsFirst(run.Read(), tensors.Shape(expected)), Bound, $"{deviceName} {name} {expected}");
        }
    }

    private sealed class Setup(string model, string deviceName) : IDisposable
    {
        private readonly GoldenTensors _golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        private ModelBuilder? _builder;

        public WeightStore Weights { get; } = WeightStore.Open(Golden.Find($"models/{model}/vae"), new WeightOptions { Rename = AutoencoderKl.CanonicalName });

        public AutoencoderKl Vae { get; } = AutoencoderKl.Read(ComponentConfig.Read(Golden.Find($"models/{model}/vae/config.json")));

        public ModelBuilder Builder => _builder ??= new ModelBuilder(new Graph(), Weights);

        public Value Input(string name)
        {
            long[] shape = _golden.Shape(name);
            return Builder.Graph.Input("x", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Request);
        }

        public float[][] Run(string input, params Value[] outputs)
        {
            using Device device = TestDevices.Create(deviceName);
            return ModelRunner.Run(device, Weights, outputs, ("x", GridLayout.ChannelsLast(_golden.Floats(input), _golden.Shape(input))));
        }

        public void Compare(string name, float[] actual) =>
            GoldenAssert.Close(_golden.Floats(name), GridLayout.ChannelsFirst(actual, _golden.Shape(name)), Bound, $"{deviceName} {model} {name}");

        public void Dispose() => Weights.Dispose();
    }
}
