using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Acceleration;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Queries, keys and values in one product: where the reference fuses them, and with the numbers that it has then.</summary>
[TestClass]
public sealed class StackedWeightsGoldenTests
{
    // Of a network; a fourth of what the recordings ask for.
    private const double Bound = 5e-5;

    // The reference's names of stacked layers, and of what is stacked; the product has the name of one of them.
    private static readonly (string Stacked, string[] Parts)[] Names = [("to_qkv", ["to_q", "to_k", "to_v"]), ("to_kv", ["to_k", "to_v"]), ("to_added_qkv", ["add_q_proj", "add_k_proj", "add_v_proj"])];

    [TestMethod]
    [DataRow("sd15/unet", "sd15.unet")]
    [DataRow("sdxl/unet", "sdxl.unet")]
    [DataRow("sd3-medium/transformer", "sd3-medium.transformer")]
    [DataRow("sd35-medium/transformer", "sd35-medium.transformer")]
    [DataRow("flux-dev/transformer", "flux-dev.transformer")]
    public void TheLayersOfThePublishedModelAreStackedWhereTheReferenceStacksThem(string recorded, string network)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read(network);
        using (weights)
        {
            ModelBuilder m = new(new Graph(), weights);
            Check(new AccelerationCase("fused_qkv", "shapes").Table().GetProperty(recorded), Read(config, recorded).Build(m, new Grid(16, 16)));
        }
    }

    [TestMethod]
    public void TheAutoencodersLayersAreStackedWhereTheReferenceStacksThem()
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read("sd.vae");
        using (weights)
        {
            ModelBuilder m = new(new Graph(), weights);
            AutoencoderKl vae = AutoencoderKl.Read(config);
            Check(
                new AccelerationCase("fused_qkv", "shapes").Table().GetProperty("sd/vae"),
                vae.Encode(m, m.Graph.Input("picture", new Shape(1, 64, 64, 3), Stage.Request)).Mean,
                vae.Decode(m, m.Graph.Input("latents", new Shape(1, 8, 8, 4), Stage.Request)));
        }
    }

    [TestMethod]
    public void TheUNetWithThemIsTheReferences() => Compare("unet", tensors =>
    [
        ("latents", GridLayout.ChannelsLast(tensors.Floats("sample"), tensors.Shape("sample"))), ("time", tensors.Floats("timestep")), (NetworkInputs.Context, tensors.Floats("encoder_hidden_states")),
    ]);

    [TestMethod]
    public void StableDiffusion3WithThemIsTheReferences() => Compare("sd3", tensors =>
    [
        ("latents", GridLayout.ChannelsLast(tensors.Floats("hidden_states"), tensors.Shape("hidden_states"))), ("time", tensors.Floats("timestep")[..1]),
        (NetworkInputs.Context, tensors.Floats("encoder_hidden_states")), (NetworkInputs.Pooled, tensors.Floats("pooled_projections")),
    ]);

    [TestMethod]
    public void TheAutoencoderWithThemIsTheReferences()
    {
        AccelerationCase recorded = new("fused_qkv", "vae");
        GoldenTensors tensors = recorded.Tensors;
        long[] latents = tensors.Shape("sample");
        using WeightStore weights = WeightStore.Open(recorded.Weights, new WeightOptions { Rename = AutoencoderKl.CanonicalName });
        ModelBuilder m = new(new Graph(), weights);
        Value picture = AutoencoderKl.Read(ComponentConfig.Read(Path.Combine(recorded.Weights, "config.json"))).Decode(m, m.Graph.Input("latents", new Shape(1, (int)latents[2], (int)latents[3], (int)latents[1]), Stage.Request));
        using Device device = TestDevices.Create(TestDevices.Cpu);
        float[] result = ModelRunner.Run(device, weights, [picture], ("latents", GridLayout.ChannelsLast(tensors.Floats("sample"), latents)))[0];
        GoldenAssert.Close(tensors.Floats("fused"), GridLayout.ChannelsFirst(result, tensors.Shape("fused")), Bound, "vae");
    }

    private static void Compare(string name, Func<GoldenTensors, (string, Array)[]> inputs)
    {
        AccelerationCase recorded = new("fused_qkv", name);
        GoldenTensors tensors = recorded.Tensors;
        using WeightStore weights = WeightStore.Open(recorded.Weights);
        IDenoiserNetwork network = Read(ComponentConfig.Read(Path.Combine(recorded.Weights, "config.json")), name);
        ModelBuilder m = new(new Graph(), weights);
        long[] latents = tensors.Shape("fused"), text = tensors.Shape("encoder_hidden_states");
        Value output = network.Build(
            m,
            m.Graph.Input("latents", new Shape((int)latents[0], (int)latents[2], (int)latents[3], (int)latents[1]), Stage.Evaluation),
            m.Graph.Input("time", Shape.Scalar, Stage.Schedule),
            network.Inputs.ToDictionary(input => input.Name, input => m.Graph.Input(input.Name, new Shape((int)text[0], 1, input.HasTokens ? (int)text[1] : 1, input.Channels), input.Stage)));
        Check(recorded.Params.GetProperty("shapes"), output);
        using Device device = TestDevices.Create(TestDevices.Cpu);
        float[] result = ModelRunner.Run(device, weights, [output], inputs(tensors))[0];
        GoldenAssert.Close(tensors.Floats("fused"), GridLayout.ChannelsFirst(result, latents), Bound, name);
    }

    // Each stacked layer of the reference is one product here, of as many outputs.
    private static void Check(JsonElement shapes, params IReadOnlyList<Value> roots)
    {
        IReadOnlyList<Value> stacked = PassPipeline.Run(roots, new NullDevice()).Roots;
        Dictionary<string, int> outputs = stacked[0].Graph.Nodes.Where(node => node.Op is Linear).GroupBy(node => node.Path).ToDictionary(layer => layer.Key, layer => layer.Max(node => node.Outputs[0].Shape.Channels));
        string last = shapes.EnumerateObject().Select(layer => layer.Name).LastOrDefault(name => name.EndsWith("to_added_qkv", StringComparison.Ordinal), "");
        foreach (JsonProperty layer in shapes.EnumerateObject())
        {
            // The last query of Stable Diffusion 3's text asks for nothing that is read, and is not computed here.
            int expected = layer.Value[0].GetInt32() * (layer.Name == last && !stacked[0].Graph.Nodes.Any(node => node.Path.StartsWith("single_", StringComparison.Ordinal)) ? 2 : 3) / 3;
            int at = layer.Name.LastIndexOf('.') + 1;
            string[] parts = Names.Single(name => name.Stacked == layer.Name[at..]).Parts;
            Assert.AreEqual(expected, parts.Max(part => outputs.GetValueOrDefault(layer.Name[..at] + part)), layer.Name);
        }
    }

    private static IDenoiserNetwork Read(ComponentConfig config, string name) =>
        name.StartsWith("flux", StringComparison.Ordinal) ? FluxModel.Read(config)
        : name.StartsWith("sd3", StringComparison.Ordinal) ? MmditModel.Read(config)
        : UNet2DConditionModel.Read(config);
}
