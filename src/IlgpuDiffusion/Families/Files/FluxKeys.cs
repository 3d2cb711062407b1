using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The names of FLUX.1's transformer in Black Forest Labs' code (flux: model.py, layers.py) and in diffusers.</summary>
internal static class FluxKeys
{
    /// <summary>The layout of single files.</summary>
    public static PartLayout Original { get; } = PartLayout.OfTable("transformer, original names", "double_blocks.0.img_attn.norm.key_norm.scale", tensors =>
        Of(KeyCounts.Blocks(tensors, "double_blocks."), KeyCounts.Blocks(tensors, "single_blocks."), Channels(tensors, "img_in.bias")));

    /// <summary>The layout of diffusers' folders.</summary>
    public static PartLayout Diffusers { get; } = PartLayout.Canonically("transformer, diffusers' names", "single_transformer_blocks.0.attn.norm_q.weight");

    private static readonly KeyPair[] Ends =
    [
        new("img_in.", "x_embedder."),
        new("txt_in.", "context_embedder."),
        new("time_in.in_layer.", "time_text_embed.timestep_embedder.linear_1."),
        new("time_in.out_layer.", "time_text_embed.timestep_embedder.linear_2."),
        new("vector_in.in_layer.", "time_text_embed.text_embedder.linear_1."),
        new("vector_in.out_layer.", "time_text_embed.text_embedder.linear_2."),
        new("guidance_in.in_layer.", "time_text_embed.guidance_embedder.linear_1."),
        new("guidance_in.out_layer.", "time_text_embed.guidance_embedder.linear_2."),
        new("final_layer.linear.", "proj_out."),
        new("final_layer.adaLN_modulation.1.", "norm_out.linear."),
    ];

    private static readonly KeyPair[] DoubleLayers =
    [
        new("img_mod.lin.", "norm1.linear."),
        new("txt_mod.lin.", "norm1_context.linear."),
        new("img_attn.proj.", "attn.to_out.0."),
        new("txt_attn.proj.", "attn.to_add_out."),
        new("img_attn.norm.query_norm.scale", "attn.norm_q.weight"),
        new("img_attn.norm.key_norm.scale", "attn.norm_k.weight"),
        new("txt_attn.norm.query_norm.scale", "attn.norm_added_q.weight"),
        new("txt_attn.norm.key_norm.scale", "attn.norm_added_k.weight"),
        new("img_mlp.0.", "ff.net.0.proj."),
        new("img_mlp.2.", "ff.net.2."),
        new("txt_mlp.0.", "ff_context.net.0.proj."),
        new("txt_mlp.2.", "ff_context.net.2."),
    ];

    private static readonly KeyPair[] SingleLayers =
    [
        new("modulation.lin.", "norm.linear."),
        new("linear2.", "proj_out."),
        new("norm.query_norm.scale", "attn.norm_q.weight"),
        new("norm.key_norm.scale", "attn.norm_k.weight"),
    ];

    /// <summary>The table for a network's tensors under diffusers' names.</summary>
    public static KeyTable OfCanonical(IReadOnlyList<WeightTensor> tensors) =>
        Of(KeyCounts.Blocks(tensors, "transformer_blocks."), KeyCounts.Blocks(tensors, "single_transformer_blocks."), Channels(tensors, "x_embedder.bias"));

    /// <summary>The channels of a token, by a bias that has as many numbers.</summary>
    private static long Channels(IEnumerable<WeightTensor> tensors, string bias) => tensors.FirstOrDefault(tensor => tensor.Name == bias) is { Count: > 0 } found ? found.Count : 1;

    /// <summary>The table for so many blocks with weights of their own for text and with shared ones, and channels of a token.</summary>
    private static KeyTable Of(int doubles, int singles, long channels)
    {
        List<KeyPair> modules = [.. Ends];
        List<StackedKeys> stacked = [];
        for (int i = 0; i < doubles; i++)
        {
            (string original, string block) = ($"double_blocks.{i}.", $"transformer_blocks.{i}.");
            modules.AddRange(DoubleLayers.Select(pair => new KeyPair(original + pair.Original, block + pair.Canonical)));
            stacked.Add(new($"{original}img_attn.qkv.", [$"{block}attn.to_q.", $"{block}attn.to_k.", $"{block}attn.to_v."]));
            stacked.Add(new($"{original}txt_attn.qkv.", [$"{block}attn.add_q_proj.", $"{block}attn.add_k_proj.", $"{block}attn.add_v_proj."]));
        }

        for (int i = 0; i < singles; i++)
        {
            (string original, string block) = ($"single_blocks.{i}.", $"single_transformer_blocks.{i}.");
            modules.AddRange(SingleLayers.Select(pair => new KeyPair(original + pair.Original, block + pair.Canonical)));
            stacked.Add(new($"{original}linear1.", [$"{block}attn.to_q.", $"{block}attn.to_k.", $"{block}attn.to_v.", $"{block}proj_mlp."], channels));
        }

        // Diffusers has the scale before the shift.
        return new KeyTable(modules, []) { Stacked = stacked, Swapped = ["final_layer.adaLN_modulation.1."] };
    }
}
