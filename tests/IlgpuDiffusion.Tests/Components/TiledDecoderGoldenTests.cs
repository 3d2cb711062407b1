using IlgpuDiffusion.Components;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Components;

[TestClass]
public sealed class TiledDecoderGoldenTests
{
    // Both round in single precision, and tiles of Winograd's lie elsewhere in a part.
    private const double Bound = 1e-5;

    [TestMethod]
    [DataRow(TestDevices.Oracle, 12, 9)]
    [DataRow(TestDevices.Cpu, 40, 33)]
    [DataRow(TestDevices.Cpu, 24, 32, true)]
    [DataRow(TestDevices.Cpu, 8, 6, true)]
    [DataRow(TestDevices.Winograd4, 40, 24)]
    [DataRow(TestDevices.IlgpuCpu, 12, 9)]
    public void PartsGiveThePictureThatIsDecodedAtOnce(string deviceName, int height, int width, bool trained = false)
    {
        using Device device = TestDevices.Create(deviceName);
        using Setup setup = new(device, height, width, trained ? $"{TestModels.Papercut}/vae" : null);
        float[] whole = setup.AtOnce();
        int most = 0, tiles = 0;
        // The oracle takes its time: the one that gives several parts of several tiles.
        foreach (int share in deviceName == TestDevices.Oracle ? [5] : (int[])[2, 5, 12])
        {
            DecodePlan plan = setup.Plan(setup.BytesAtOnce / share);
            GoldenAssert.Close(whole, setup.InParts(plan), Bound, $"{deviceName}, a {share}th of the memory: {plan.Parts.Count} parts of {string.Join(", ", plan.Parts.Select(part => part.Tiles.Count()))} tiles, {plan.Work:F2} times the work, decoded picture");
            (most, tiles) = (Math.Max(most, plan.Parts.Count), Math.Max(tiles, plan.Parts.Max(part => part.Tiles.Count())));
        }

        Assert.IsGreaterThan(1, most);
        Assert.IsGreaterThan(1, tiles);
    }

    [TestMethod]
    public void APlanKeepsToItsMemoryAndSaysWhatItTakes()
    {
        foreach (int share in (int[])[3, 5])
        {
            using WatchedDevice device = new();
            using Setup setup = new(device, 96, 64);
            DecodePlan plan = setup.Plan(setup.BytesAtOnce / share);
            Assert.IsLessThanOrEqualTo(setup.BytesAtOnce / share, plan.Bytes);
            setup.InParts(plan);

            // Preparing the weights took memory too, once.
            device.ForgetMost();
            setup.InParts(plan);
            long weights = device.LiveFor("weights");
            Assert.IsLessThanOrEqualTo(plan.Bytes, device.Most - weights, $"{plan.Bytes} planned");
        }
    }

    [TestMethod]
    public void ThreadsDoNotChangeTheBits()
    {
        float[][] pictures = [.. ((int[])[1, 2, 3]).Select(threads =>
        {
            using CpuDevice device = new(new CpuDeviceOptions { Threads = threads });
            using Setup setup = new(device, 40, 33);
            return setup.InParts(setup.Plan(setup.BytesAtOnce / 5));
        })];
        CollectionAssert.AreEqual(pictures[0], pictures[1]);
        CollectionAssert.AreEqual(pictures[0], pictures[2]);
    }

    [TestMethod]
    public void SizesThatNoValueCanHoldAreDecodedInParts()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Setup setup = new(device, 40, 33);
        DecoderSurvey survey = new(setup.Vae, setup.Weights);
        Assert.IsTrue(DecodePlan.FitsAtOnce(survey, new Grid(512, 512)));
        Assert.IsFalse(DecodePlan.FitsAtOnce(survey, new Grid(16384, 16384)));
    }

    private sealed class Setup : IDisposable
    {
        private readonly ComponentRunner _runner;
        private readonly Grid _grid;
        private readonly float[] _latents;
        private readonly Executable _atOnce;

        public Setup(Device device, int height, int width, string? folder = null)
        {
            folder ??= Golden.Find("models/sd15/vae");
            Weights = WeightStore.Open(folder, new WeightOptions { Rename = AutoencoderKl.CanonicalName });
            Vae = AutoencoderKl.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
            _grid = new Grid(height, width);
            _runner = new ComponentRunner(device, new Lane(device), new Residency(device), []);
            Random random = new(5);
            _latents = [.. Enumerable.Range(0, height * width * Vae.Config.LatentChannels).Select(_ => (float)((2 * random.NextDouble()) - 1))];
            Graph graph = new();
            Value x = graph.Input("x", new Shape(1, height, width, Vae.Config.LatentChannels), Stage.Request);
            _atOnce = _runner.Compile([new Variant(Vae.Decode(new ModelBuilder(graph, Weights), x.Affine(1 / Vae.Config.Scale, Vae.Config.Shift)))]);
        }

        public WeightStore Weights { get; }

        public AutoencoderKl Vae { get; }

        public long BytesAtOnce => _atOnce.Memory.Arena + _atOnce.Memory.Run;

        public DecodePlan Plan(long budget) => DecodePlan.Make(new DecoderSurvey(Vae, Weights), Vae, Weights, _runner, _grid, budget, new DecoderTiles(_grid, default));

        public float[] AtOnce()
        {
            _atOnce.Load(_runner.Residency, new StoredWeights(Weights));
            using Run run = Run.Begin(_atOnce, _runner.Lane);
            run.Set<float>("x", _latents);
            run.Prepare();
            return run.Read();
        }

        public float[] InParts(DecodePlan plan) => new TiledDecoder(_runner, new StoredWeights(Weights)).Decode(plan, _latents, CancellationToken.None);

        public void Dispose()
        {
            _runner.Lane.Dispose();
            _runner.Residency.Dispose();
            Weights.Dispose();
        }
    }
}
