using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Perf;

/// <summary>A layer at a size that a model has: how the product builds it, and its name in the peer (torch_layers.py).</summary>
internal sealed record LayerCase(string Model, string Name, string Peer, NetworkRecipe Recipe, ModelKeys Keys)
{
    private const int Groups = 32;

    /// <summary>The layers that most of the time goes to: SD 1.5 at 512², SDXL at 1024², the VAE at 512².</summary>
    public static IReadOnlyList<LayerCase> All { get; } =
    [
        Convolution("SD 1.5", 320, 320, 64, 2), Convolution("SD 1.5", 640, 640, 32, 2), Convolution("SD 1.5", 1280, 1280, 16, 2), Convolution("SD 1.5", 1280, 1280, 8, 2),
        Convolution("SD 1.5", 1920, 640, 32, 2), Upsampling("SD 1.5", 1280, 16, 2), Upsampling("SD 1.5", 640, 32, 2),
        Linear("SD 1.5", 8192, 320, 320), Linear("SD 1.5", 2048, 640, 640), Linear("SD 1.5", 512, 1280, 1280), FeedForward("SD 1.5", 8192, 320), FeedForward("SD 1.5", 2048, 640),
        GroupNorm("SD 1.5", 320, 64, 2), LayerNorm("SD 1.5", 8192, 320),
        Convolution("SDXL", 320, 320, 128, 2), Convolution("SDXL", 640, 640, 64, 2), Convolution("SDXL", 1280, 1280, 32, 2), Upsampling("SDXL", 1280, 32, 2),
        Linear("SDXL", 2048, 1280, 1280), FeedForward("SDXL", 8192, 640), FeedForward("SDXL", 2048, 1280), GroupNorm("SDXL", 320, 128, 2), LayerNorm("SDXL", 2048, 1280),
        Convolution("VAE", 512, 512, 64, 1), Convolution("VAE", 512, 512, 128, 1), Convolution("VAE", 256, 256, 256, 1), Convolution("VAE", 128, 128, 512, 1),
        Upsampling("VAE", 512, 64, 1), Upsampling("VAE", 512, 128, 1), Upsampling("VAE", 256, 256, 1),
    ];

    private static LayerCase Convolution(string model, int channels, int outputs, int side, int batch) => Create(
        model,
        $"norm, SiLU, 3×3 {channels}→{outputs} at {side}²",
        $"conv {channels} {outputs} {side} {batch}",
        new Shape(batch, side, side, channels),
        [("conv.weight", [outputs, channels, 3, 3]), ("conv.bias", [outputs]), .. Norm(channels)],
        (m, x) => m["conv"].Conv(m["norm"].GroupNorm(x, Groups, 1e-5).Activate(Activation.Silu), outputs, kernel: 3));

    private static LayerCase Upsampling(string model, int channels, int side, int batch) => Create(
        model,
        $"×2, 3×3 {channels} from {side}²",
        $"upsample {channels} {side} {batch}",
        new Shape(batch, side, side, channels),
        [("conv.weight", [channels, channels, 3, 3]), ("conv.bias", [channels])],
        (m, x) => m["conv"].Conv(x.Upsample(2 * side, 2 * side), channels, kernel: 3));

    private static LayerCase Linear(string model, int rows, int inputs, int outputs) => Create(
        model,
        $"linear {rows}×{inputs}→{outputs}",
        $"linear {rows} {inputs} {outputs}",
        new Shape(1, 1, rows, inputs),
        [("linear.weight", [outputs, inputs]), ("linear.bias", [outputs])],
        (m, x) => m["linear"].Linear(x, outputs));

    private static LayerCase FeedForward(string model, int rows, int channels) => Create(
        model,
        $"LayerNorm, GEGLU, linear, residual {rows}×{channels}",
        $"feedforward {rows} {channels}",
        new Shape(1, 1, rows, channels),
        [("wide.weight", [8 * channels, channels]), ("wide.bias", [8 * channels]), ("back.weight", [channels, 4 * channels]), ("back.bias", [channels]), .. Norm(channels)],
        (m, x) => m["back"].Linear(m["wide"].Linear(m["norm"].LayerNorm(x, 1e-5), 8 * channels).Gated(Activation.Gelu), channels) + x);

    private static LayerCase GroupNorm(string model, int channels, int side, int batch) => Create(
        model,
        $"GroupNorm, SiLU {channels} at {side}²",
        $"groupnorm {channels} {side} {batch}",
        new Shape(batch, side, side, channels),
        Norm(channels),
        (m, x) => m["norm"].GroupNorm(x, Groups, 1e-5).Activate(Activation.Silu));

    private static LayerCase LayerNorm(string model, int rows, int channels) => Create(
        model,
        $"LayerNorm {rows}×{channels}",
        $"layernorm {rows} {channels}",
        new Shape(1, 1, rows, channels),
        Norm(channels),
        (m, x) => m["norm"].LayerNorm(x, 1e-5));

    private static (string Name, long[] Shape)[] Norm(int channels) => [("norm.weight", [channels]), ("norm.bias", [channels])];

    private static LayerCase Create(string model, string name, string peer, Shape input, (string Name, long[] Shape)[] weights, Func<ModelBuilder, Value, Value> build) => new(
        model,
        name,
        peer,
        new NetworkRecipe(
            name,
            (m, _) => build(m, m.Graph.Input("x", input, Stage.Evaluation)),
            (run, random) => run.Set<float>("x", [.. Enumerable.Range(0, (int)input.Count).Select(_ => random.NextSingle() - 0.5f)])),
        new ModelKeys("{}", weights));
}
