using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class AutoencoderKlGoldenTests
{
    private const double Bound = 5e-5;

    [TestMethod]
    [DataRow(TestDevices.Oracle)]
    [DataRow(TestDevices.Cpu)]
    [DataRow(TestDevices.Winograd2)]
    [DataRow(TestDevices.Winograd4)]
    [DataRow(TestDevices.Direct)]
    [DataRow(TestDevices.Phases)]
    public void LatentsOfAPictureAreTheReferences(string deviceName)
    {
        using Setup s = new(deviceName);
        s.Vae.Check(s.Weights);
        (Value mean, Value logVariance) = s.Vae.Encode(s.Builder, s.Input("vae.image"));
        float[][] results = s.Run("vae.image", mean, logVariance);
        s.Compare("vae.mean", results[0]);
        s.Compare("vae.logvar", results[1]);
    }

    [TestMethod]
    [DataRow(TestDevices.Oracle)]
    [DataRow(TestDevices.Cpu)]
    [DataRow(TestDevices.Winograd2)]
    [DataRow(TestDevices.Winograd4)]
    [DataRow(TestDevices.Direct)]
    [DataRow(TestDevices.Phases)]
    public void ThePictureOfLatentsIsTheReferences(string deviceName)
    {
        using Setup s = new(deviceName);
        float[][] results = s.Run("vae.latent", s.Vae.Decode(s.Builder, s.Input("vae.latent")));
        s.Compare("vae.decoded", results[0]);
    }

    private sealed class Setup(string deviceName) : IDisposable
    {
        private readonly GoldenTensors _golden = GoldenTensors.Find("models/sd15.golden.safetensors");
        private ModelBuilder? _builder;

        public WeightStore Weights { get; } = Open();

        public AutoencoderKl Vae { get; } = AutoencoderKl.Read(ComponentConfig.Read(Golden.Find("models/sd15/vae/config.json")));

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
            GoldenAssert.Close(_golden.Floats(name), GridLayout.ChannelsFirst(actual, _golden.Shape(name)), Bound, $"{deviceName} sd15 {name}");

        public void Dispose() => Weights.Dispose();

        private static WeightStore Open() => WeightStore.Open(Golden.Find("models/sd15/vae"), new WeightOptions { Rename = AutoencoderKl.CanonicalName });
    }
}
