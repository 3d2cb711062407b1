namespace IlgpuDiffusion.Families;

/// <summary>The names of a ControlNet in its original code (lllyasviel/ControlNet: cldm.py) and in diffusers: a UNet's way down, and layers of its own.</summary>
internal static class ControlNetKeys
{
    /// <summary>The layout of single files.</summary>
    public static PartLayout Original { get; } = PartLayout.OfTable("ControlNet, original names", "input_hint_block.0.weight", tensors => Of([.. tensors.Select(tensor => tensor.Name)]));

    /// <summary>The layout of diffusers.</summary>
    public static PartLayout Diffusers { get; } = PartLayout.Canonically("ControlNet, diffusers' names", "controlnet_cond_embedding.conv_in.weight");

    /// <summary>The table for a file's original names.</summary>
    public static KeyTable Of(IReadOnlyCollection<string> names)
    {
        // A convolution and an activation take turns; the numbers count both.
        int[] hints = [.. names.Select(name => name.Split('.')).Where(name => name is ["input_hint_block", _, "weight"]).Select(name => int.TryParse(name[1], out int n) ? n : 0).Order()];
        string Convolution(int i) => i == 0 ? "conv_in" : i + 1 == hints.Length ? "conv_out" : $"blocks.{i - 1}";
        int zeros = names.Count(name => name.StartsWith("zero_convs.", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal));
        KeyTable encoder = UNetKeys.OfOriginal(names);
        return encoder with
        {
            Modules =
            [
                .. hints.Select((n, i) => new KeyPair($"input_hint_block.{n}.", $"controlnet_cond_embedding.{Convolution(i)}.")),
                .. Enumerable.Range(0, zeros).Select(i => new KeyPair($"zero_convs.{i}.0.", $"controlnet_down_blocks.{i}.")),
                new("middle_block_out.0.", "controlnet_mid_block."),
                .. encoder.Modules,
            ],
        };
    }
}
