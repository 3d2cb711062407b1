namespace IlgpuDiffusion.Families;

/// <summary>
/// The names of a UNet in the original code of Stable Diffusion (CompVis' latent-diffusion, Stability's generative-models: openaimodel.py) and in diffusers. The blocks of the
/// original are one list, of residual blocks, transformers and resizes in their order; where levels begin is read from the names.
/// </summary>
internal static class UNetKeys
{
    /// <summary>The layout of single files.</summary>
    public static PartLayout Original { get; } = PartLayout.OfTable("UNet, original names", "input_blocks.0.0.weight", tensors => OfOriginal([.. tensors.Select(tensor => tensor.Name)]));

    private static readonly KeyPair[] Fixed =
    [
        new("time_embed.0.", "time_embedding.linear_1."),
        new("time_embed.2.", "time_embedding.linear_2."),
        new("time_embed.cond_proj.", "time_embedding.cond_proj."),
        new("label_emb.0.0.", "add_embedding.linear_1."),
        new("label_emb.0.2.", "add_embedding.linear_2."),
        new("input_blocks.0.0.", "conv_in."),
        new("middle_block.0.", "mid_block.resnets.0."),
        new("middle_block.1.", "mid_block.attentions.0."),
        new("middle_block.2.", "mid_block.resnets.1."),
        new("out.0.", "conv_norm_out."),
        new("out.2.", "conv_out."),
    ];

    private static readonly KeyPair[] ResnetLayers =
    [
        new("in_layers.0.", "norm1."),
        new("in_layers.2.", "conv1."),
        new("emb_layers.1.", "time_emb_proj."),
        new("out_layers.0.", "norm2."),
        new("out_layers.3.", "conv2."),
        new("skip_connection.", "conv_shortcut."),
    ];

    /// <summary>The table for a file's original names.</summary>
    public static KeyTable OfOriginal(IReadOnlyCollection<string> names)
    {
        // input_blocks.4.1.norm: the list, the number, the part of it, and what it begins with.
        HashSet<string> heads = [.. names.Select(name => string.Join('.', name.Split('.').Take(4)))];
        bool Has(string module, string first) => heads.Contains(module + first);
        List<KeyPair> modules = [];
        int level = 0, layer = 0;
        for (int n = 1; ; n++)
        {
            string block = $"input_blocks.{n}.";
            if (Has($"{block}0.", "op"))
            {
                modules.Add(new($"{block}0.op.", $"down_blocks.{level++}.downsamplers.0.conv."));
                layer = 0;
            }
            else if (Has($"{block}0.", "in_layers"))
            {
                modules.Add(new($"{block}0.", $"down_blocks.{level}.resnets.{layer}."));
                AddAttention($"{block}1.", $"down_blocks.{level}.attentions.{layer++}.");
            }
            else
            {
                break;
            }
        }

        (level, layer) = (0, 0);
        for (int n = 0; Has($"output_blocks.{n}.0.", "in_layers"); n++)
        {
            string block = $"output_blocks.{n}.";
            modules.Add(new($"{block}0.", $"up_blocks.{level}.resnets.{layer}."));
            AddAttention($"{block}1.", $"up_blocks.{level}.attentions.{layer++}.");
            if (new[] { $"{block}1.", $"{block}2." }.FirstOrDefault(part => Has(part, "conv")) is { } resize)
            {
                modules.Add(new($"{resize}conv.", $"up_blocks.{level++}.upsamplers.0.conv."));
                layer = 0;
            }
        }

        return TableOf(modules);

        void AddAttention(string original, string canonical)
        {
            if (Has(original, "norm"))
            {
                modules.Add(new(original, canonical));
            }
        }
    }

    /// <summary>The table for a network's names in diffusers: files that change a network name its layers either way.</summary>
    public static KeyTable OfCanonical(IReadOnlyCollection<string> names)
    {
        HashSet<string> heads = [.. names.Select(name => string.Join('.', name.Split('.').Take(4)) + ".")];
        List<KeyPair> modules = [];
        int n = 1;
        for (int level = 0; heads.Contains($"down_blocks.{level}.resnets.0."); level++)
        {
            for (int layer = 0; heads.Contains($"down_blocks.{level}.resnets.{layer}."); layer++, n++)
            {
                modules.Add(new($"input_blocks.{n}.0.", $"down_blocks.{level}.resnets.{layer}."));
                modules.Add(new($"input_blocks.{n}.1.", $"down_blocks.{level}.attentions.{layer}."));
            }

            modules.Add(new($"input_blocks.{n++}.0.op.", $"down_blocks.{level}.downsamplers.0.conv."));
        }

        n = 0;
        for (int level = 0; heads.Contains($"up_blocks.{level}.resnets.0."); level++)
        {
            for (int layer = 0; heads.Contains($"up_blocks.{level}.resnets.{layer}."); layer++, n++)
            {
                modules.Add(new($"output_blocks.{n}.0.", $"up_blocks.{level}.resnets.{layer}."));
                if (heads.Contains($"up_blocks.{level}.attentions.{layer}."))
                {
                    modules.Add(new($"output_blocks.{n}.1.", $"up_blocks.{level}.attentions.{layer}."));
                }
            }

            modules.Add(new($"output_blocks.{n - 1}.{(heads.Contains($"up_blocks.{level}.attentions.0.") ? 2 : 1)}.conv.", $"up_blocks.{level}.upsamplers.0.conv."));
        }

        return TableOf(modules);
    }

    private static KeyTable TableOf(IEnumerable<KeyPair> modules) => new([.. Fixed, .. modules], [(".resnets.", ResnetLayers)]);
}
