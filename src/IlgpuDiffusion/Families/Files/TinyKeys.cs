using System.Text.Json.Nodes;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The names of tiny autoencoders in diffusers and in TAESD's own files, which hold the decoder alone and count its bound as a layer.</summary>
internal static class TinyKeys
{
    private const string Layers = "decoder.layers.";

    /// <summary>The kind: what a family of its own would say is all in the shapes.</summary>
    public static PartKind Kind { get; } = new(
        "tiny decoder",
        [
            PartLayout.Canonically("tiny autoencoder, diffusers' names", Layers + "0.weight"),
            new PartLayout("tiny decoder, original names", "1.weight", (tensors, _) => tensors.Select(Canonical)),
        ],
        Config);

    private static WeightTensor Canonical(WeightTensor tensor)
    {
        string[] parts = tensor.Name.Split('.', 2);
        return parts.Length == 2 && int.TryParse(parts[0], out int layer) ? tensor.Renamed($"{Layers}{layer - 1}.{parts[1]}") : tensor;
    }

    private static JsonObject Config(PartShapes shapes)
    {
        List<int> blocks = [];
        int layer = 2;
        do
        {
            int first = layer;
            while (shapes.Has($"{Layers}{layer}.conv.0.weight"))
            {
                layer++;
            }

            blocks.Add(layer - first);

            // Behind the last block is a convolution, behind others a doubling and a convolution.
            layer += 2;
        }
        while (!shapes.Has($"{Layers}{layer - 2}.weight") && shapes.Has($"{Layers}{layer - 1}.weight"));

        return new JsonObject
        {
            ["latent_channels"] = shapes.Size($"{Layers}0.weight", 1),
            ["out_channels"] = shapes.Size($"{Layers}{layer - 2}.weight", 0),
            ["decoder_block_out_channels"] = UNetShape.List(blocks.Select(_ => shapes.Size($"{Layers}0.weight", 0))),
            ["num_decoder_blocks"] = UNetShape.List(blocks),
        };
    }
}
