using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The names of CLIP's text encoder in OpenCLIP (model.py, transformer.py) and in transformers.</summary>
internal static class ClipKeys
{
    private const string Stacked = ".attn.in_proj_";
    private const string Projection = "text_projection";

    /// <summary>The layout of transformers, with the prefix <c>text_model.</c></summary>
    public static PartLayout Transformers { get; } = new("CLIP text encoder, transformers' names", "text_model.embeddings.token_embedding.weight", (tensors, _) => tensors);

    /// <summary>The layout of transformers without prefix, as the first files have it.</summary>
    public static PartLayout Bare { get; } = new("CLIP text encoder, transformers' names", "embeddings.token_embedding.weight", (tensors, _) => tensors.Select(tensor => tensor.Renamed($"text_model.{tensor.Name}")));

    /// <summary>The layout of OpenCLIP: queries, keys and values are one matrix, and the projection stands the other way.</summary>
    public static PartLayout OpenClip { get; } = new("CLIP text encoder, OpenCLIP's names", "transformer.resblocks.0.attn.in_proj_weight", (tensors, made) =>
    {
        KeyTable keys = Of(tensors.Count(tensor => tensor.Name.EndsWith(".ln_1.weight", StringComparison.Ordinal)));
        return tensors.Where(tensor => tensor.Name is not "attn_mask").SelectMany(tensor => Canonical(tensor, keys, made));
    });

    private static readonly KeyPair[] LayerParts =
    [
        new("ln_1.", "layer_norm1."),
        new("ln_2.", "layer_norm2."),
        new("attn.out_proj.", "self_attn.out_proj."),
        new("mlp.c_fc.", "mlp.fc1."),
        new("mlp.c_proj.", "mlp.fc2."),
    ];

    private static KeyTable Of(int layers) => new(
        [
            new("token_embedding.", "text_model.embeddings.token_embedding."),
            new("positional_embedding", "text_model.embeddings.position_embedding.weight"),
            new("ln_final.", "text_model.final_layer_norm."),
            .. Enumerable.Range(0, layers).Select(i => new KeyPair($"transformer.resblocks.{i}.", $"text_model.encoder.layers.{i}.")),
        ],
        [(".layers.", LayerParts)]);

    private static IEnumerable<WeightTensor> Canonical(WeightTensor tensor, KeyTable keys, MadeTensors made)
    {
        int at = tensor.Name.IndexOf(Stacked, StringComparison.Ordinal);
        if (at > 0 && tensor.Shape.Length > 0 && tensor.Shape[0] % 3 == 0)
        {
            string layer = keys.Canonical(tensor.Name[..(at + 1)]);
            string kind = tensor.Name[(at + Stacked.Length)..];
            long rows = tensor.Shape[0] / 3;
            return ((string[])["q_proj", "k_proj", "v_proj"]).Select((part, i) => tensor.Rows($"{layer}self_attn.{part}.{kind}", i * rows, rows));
        }

        return [tensor.Name == Projection && tensor.Shape.Length == 2 ? made.Transposed($"{Projection}.weight", tensor) : tensor.Renamed(keys.Canonical(tensor.Name))];
    }
}
