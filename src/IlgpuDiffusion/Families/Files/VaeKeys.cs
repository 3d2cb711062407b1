using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The names of an autoencoder in the original code of latent diffusion (CompVis: model.py) and in diffusers.</summary>
internal static class VaeKeys
{
    private static readonly string[] Roots = ["encoder.", "decoder.", "quant_conv.", "post_quant_conv."];

    /// <summary>The layout of single files.</summary>
    public static PartLayout Original { get; } = new("autoencoder, original names", "decoder.mid.block_1.norm1.weight", (tensors, _) =>
    {
        // Files of the autoencoder alone hold what trained it too.
        WeightTensor[] used = [.. tensors.Where(tensor => Roots.Any(root => tensor.Name.StartsWith(root, StringComparison.Ordinal)))];
        KeyTable keys = Of([.. used.Select(tensor => tensor.Name)]);
        return used.Select(tensor => tensor.Renamed(keys.Canonical(tensor.Name)));
    });

    /// <summary>The layout of diffusers' files, the first of them included.</summary>
    public static PartLayout Diffusers { get; } = new("autoencoder, diffusers' names", "decoder.mid_block.resnets.0.norm1.weight", (tensors, _) => tensors.Select(tensor => tensor.Renamed(AutoencoderKl.CanonicalName(tensor.Name))));

    private static readonly KeyPair[] AttentionLayers =
    [
        new("norm.", "group_norm."),
        new("q.", "to_q."),
        new("k.", "to_k."),
        new("v.", "to_v."),
        new("proj_out.", "to_out.0."),
    ];

    private static readonly KeyPair[] ResnetLayers = [new("nin_shortcut.", "conv_shortcut.")];

    /// <summary>The table for a file's original names.</summary>
    public static KeyTable Of(IReadOnlyCollection<string> names)
    {
        HashSet<string> heads = [.. names.Select(name => string.Join('.', name.Split('.').Take(5)) + ".")];
        bool Has(string module) => heads.Any(head => head.StartsWith(module, StringComparison.Ordinal));
        int levels = 0;
        while (Has($"decoder.up.{levels}."))
        {
            levels++;
        }

        List<KeyPair> modules = [];
        foreach (string side in (string[])["encoder.", "decoder."])
        {
            modules.Add(new($"{side}mid.block_1.", $"{side}mid_block.resnets.0."));
            modules.Add(new($"{side}mid.attn_1.", $"{side}mid_block.attentions.0."));
            modules.Add(new($"{side}mid.block_2.", $"{side}mid_block.resnets.1."));
            modules.Add(new($"{side}norm_out.", $"{side}conv_norm_out."));
        }

        for (int level = 0; level < levels; level++)
        {
            // The original counts the levels of both ways from the finest, diffusers in the order in which they run.
            int up = levels - 1 - level;
            for (int layer = 0; Has($"encoder.down.{level}.block.{layer}."); layer++)
            {
                modules.Add(new($"encoder.down.{level}.block.{layer}.", $"encoder.down_blocks.{level}.resnets.{layer}."));
            }

            for (int layer = 0; Has($"decoder.up.{level}.block.{layer}."); layer++)
            {
                modules.Add(new($"decoder.up.{level}.block.{layer}.", $"decoder.up_blocks.{up}.resnets.{layer}."));
            }

            modules.Add(new($"encoder.down.{level}.downsample.", $"encoder.down_blocks.{level}.downsamplers.0."));
            modules.Add(new($"decoder.up.{level}.upsample.", $"decoder.up_blocks.{up}.upsamplers.0."));
        }

        return new KeyTable(modules, [(".attentions.", AttentionLayers), (".resnets.", ResnetLayers)]);
    }
}
