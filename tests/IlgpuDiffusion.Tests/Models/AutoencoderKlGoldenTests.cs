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
    public void LatentsOfAPictureAreTheReferences()
    {
        using Setup s = new();
        (Value mean, Value logVariance) = s.Vae.Encode(s.Builder, s.Input("vae.image"));
        float[][] results = s.Run("vae.image", mean, logVariance);
        s.Compare("vae.mean", results[0]);
        s.Compare("vae.logvar", results[1]);
    }

    [TestMethod]
    public void ThePictureOfLatentsIsTheReferences()
    {
        using Setup s = new();
        float[][] results = s.Run("vae.latent", s.Vae.Decode(s.Builder, s.Input("vae.latent")));
        s.Compare("vae.decoded", results[0]);
    }

    private sealed class Setup : IDisposable
    {
        private readonly GoldenTensors _golden = GoldenTensors.Find("models/sd15.golden.safetensors");
        private readonly WeightStore _weights;

        public Setup()
        {
            string folder = Golden.Find("models/sd15/vae");
            _weights = WeightStore.Open(folder, new WeightOptions { Rename = AutoencoderKl.CanonicalName });
            Vae = AutoencoderKl.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
            Vae.Check(_weights);
            Builder = new ModelBuilder(new Graph(), _weights);
        }

        public AutoencoderKl Vae { get; }

        public ModelBuilder Builder { get; }

        public Value Input(string name)
        {
            long[] shape = _golden.Shape(name);
            return Builder.Graph.Input("x", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Request);
        }

        public float[][] Run(string input, params Value[] outputs)
        {
            using Device device = TestDevices.Create();
            return ModelRunner.Run(device, _weights, outputs, ("x", GridLayout.ChannelsLast(_golden.Floats(input), _golden.Shape(input))));
        }

        public void Compare(string name, float[] actual) =>
            GoldenAssert.Close(_golden.Floats(name), GridLayout.ChannelsFirst(actual, _golden.Shape(name)), Bound, $"sd15 {name}");

        public void Dispose() => _weights.Dispose();
    }
}
