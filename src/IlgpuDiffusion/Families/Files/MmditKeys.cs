using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The names of Stable Diffusion 3's transformer in Stability's code (sd3-ref: mmditx.py) and in diffusers.</summary>
internal static class MmditKeys
{
    /// <summary>The layout of single files.</summary>
    public static PartLayout Original { get; } = PartLayout.OfTable("transformer, original names", "joint_blocks.0.context_block.adaLN_modulation.1.bias", tensors => Of(KeyCounts.Blocks(tensors, "joint_blocks.")));

    /// <summary>The layout of diffusers' folders.</summary>
    public static PartLayout Diffusers { get; } = PartLayout.Canonically("transformer, diffusers' names", "pos_embed.proj.weight");

    private static readonly KeyPair[] Ends =
    [
        new("x_embedder.proj.", "pos_embed.proj."),
        new("pos_embed", "pos_embed.pos_embed"),
        new("t_embedder.mlp.0.", "time_text_embed.timestep_embedder.linear_1."),
        new("t_embedder.mlp.2.", "time_text_embed.timestep_embedder.linear_2."),
        new("y_embedder.mlp.0.", "time_text_embed.text_embedder.linear_1."),
        new("y_embedder.mlp.2.", "time_text_embed.text_embedder.linear_2."),
        new("context_embedder.", "context_embedder."),
        new("final_layer.linear.", "proj_out."),
        new("final_layer.adaLN_modulation.1.", "norm_out.linear."),
    ];

    private static readonly KeyPair[] ImageLayers =
    [
        new("adaLN_modulation.1.", "norm1.linear."),
        new("attn.proj.", "attn.to_out.0."),
        new("attn.ln_q.", "attn.norm_q."),
        new("attn.ln_k.", "attn.norm_k."),
        new("attn2.proj.", "attn2.to_out.0."),
        new("attn2.ln_q.", "attn2.norm_q."),
        new("attn2.ln_k.", "attn2.norm_k."),
        new("mlp.fc1.", "ff.net.0.proj."),
        new("mlp.fc2.", "ff.net.2."),
    ];

    private static readonly KeyPair[] TextLayers =
    [
        new("adaLN_modulation.1.", "norm1_context.linear."),
        new("attn.proj.", "attn.to_add_out."),
        new("attn.ln_q.", "attn.norm_added_q."),
        new("attn.ln_k.", "attn.norm_added_k."),
        new("mlp.fc1.", "ff_context.net.0.proj."),
        new("mlp.fc2.", "ff_context.net.2."),
    ];

    /// <summary>The table for a network's tensors under diffusers' names.</summary>
    public static KeyTable OfCanonical(IReadOnlyList<WeightTensor> tensors) => Of(KeyCounts.Blocks(tensors, "transformer_blocks."));

    /// <summary>The table for so many blocks.</summary>
    private static KeyTable Of(int blocks)
    {
        List<KeyPair> modules = [.. Ends];
        List<StackedKeys> stacked = [];
        for (int i = 0; i < blocks; i++)
        {
            (string image, string text, string block) = ($"joint_blocks.{i}.x_block.", $"joint_blocks.{i}.context_block.", $"transformer_blocks.{i}.");
            modules.AddRange(ImageLayers.Select(pair => new KeyPair(image + pair.Original, block + pair.Canonical)));
            modules.AddRange(TextLayers.Select(pair => new KeyPair(text + pair.Original, block + pair.Canonical)));
            stacked.Add(new($"{image}attn.qkv.", [$"{block}attn.to_q.", $"{block}attn.to_k.", $"{block}attn.to_v."]));
            stacked.Add(new($"{image}attn2.qkv.", [$"{block}attn2.to_q.", $"{block}attn2.to_k.", $"{block}attn2.to_v."]));
            stacked.Add(new($"{text}attn.qkv.", [$"{block}attn.add_q_proj.", $"{block}attn.add_k_proj.", $"{block}attn.add_v_proj."]));
        }

        // The norms in front of nothing but a last layer: diffusers has the scale before the shift.
        return new KeyTable(modules, []) { Stacked = stacked, Swapped = ["final_layer.adaLN_modulation.1.", $"joint_blocks.{blocks - 1}.context_block.adaLN_modulation.1."] };
    }
}
