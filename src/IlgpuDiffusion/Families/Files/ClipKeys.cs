namespace IlgpuDiffusion.Families;

/// <summary>The names of CLIP's text encoder in OpenCLIP (model.py, transformer.py) and in transformers.</summary>
internal static class ClipKeys
{
    private const string Projection = "text_projection";

    /// <summary>The layout of transformers, with the prefix <c>text_model.</c></summary>
    public static PartLayout Transformers { get; } = PartLayout.Canonically("CLIP text encoder, transformers' names", "text_model.embeddings.token_embedding.weight");

    /// <summary>The layout of transformers without prefix, as the first files have it.</summary>
    public static PartLayout Bare { get; } = new("CLIP text encoder, transformers' names", "embeddings.token_embedding.weight", (tensors, _) => tensors.Select(tensor => tensor.Renamed($"text_model.{tensor.Name}")));

    /// <summary>The layout of OpenCLIP: queries, keys and values are one matrix, and the projection stands the other way.</summary>
    public static PartLayout OpenClip { get; } = new("CLIP text encoder, OpenCLIP's names", "transformer.resblocks.0.attn.in_proj_weight", (tensors, made) =>
    {
        KeyTable keys = Of(tensors.Count(tensor => tensor.Name.EndsWith(".ln_1.weight", StringComparison.Ordinal)));
        return tensors.Where(tensor => tensor.Name is not "attn_mask").SelectMany(tensor =>
            tensor.Name == Projection && tensor.Shape.Length == 2 ? [made.Transposed($"{Projection}.weight", tensor)] : keys.Canonical(tensor, made));
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
        [(".layers.", LayerParts)])
    {
        Stacked = [.. Enumerable.Range(0, layers).Select(i => (Of: $"transformer.resblocks.{i}.attn.in_proj_", To: $"text_model.encoder.layers.{i}.self_attn."))
            .Select(layer => new StackedKeys(layer.Of, [$"{layer.To}q_proj.", $"{layer.To}k_proj.", $"{layer.To}v_proj."]))],
    };
}
