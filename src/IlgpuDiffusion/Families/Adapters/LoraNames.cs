namespace IlgpuDiffusion.Families;

/// <summary>What tensors of LoRA files are called: by kohya's trainer, diffusers (its first form too) and PEFT.</summary>
internal static class LoraNames
{
    private const string Alpha = ".alpha";

    private static readonly string[] Downs = [".lora_down.weight", ".lora_A.weight", ".lora_A.default.weight", ".lora_linear_layer.down.weight", ".lora.down.weight", "_lora.down.weight"];

    private static readonly string[] Ups = [".lora_up.weight", ".lora_B.weight", ".lora_B.default.weight", ".lora_linear_layer.up.weight", ".lora.up.weight", "_lora.up.weight"];

    private static readonly (string Part, string Kind)[] Others =
    [
        (".dora_scale", "a DoRA"),
        (".lora_magnitude_vector", "a DoRA"),
        (".hada_w", "a LoHa"),
        (".lokr_", "a LoKr"),
        (".lora_mid.", "a LoCon with Tucker decomposition"),
        (".oft_", "an OFT"),
        (".diff.", "a difference of whole weights"),
        (".diff_b.", "a difference of whole weights"),
        (".w_norm", "a change of norms"),
    ];

    // What PEFT puts in front of all.
    private const string Wrapped = "base_model.model.";

    // Where the networks' modules begin: the denoiser, and the text encoders in their order.
    private static readonly (string Prefix, int Network)[] Prefixes =
    [
        ("lora_unet_", Denoiser), ("lora_transformer_", Denoiser), ("lora_te_", 0), ("lora_te1_", 0), ("lora_te2_", 1), ("lora_te3_", 2),
        ("unet.", Denoiser), ("transformer.", Denoiser), ("text_encoder.", 0), ("text_encoder_2.", 1), ("text_encoder_3.", 2),
        ("model.diffusion_model.", Denoiser), ("diffusion_model.", Denoiser),
    ];

    /// <summary>The denoiser's number; text encoders count from 0.</summary>
    public const int Denoiser = -1;

    /// <summary>What a tensor is of its module, or null for what no LoRA has.</summary>
    public static (string Module, LoraPart Part)? Parse(string name)
    {
        foreach ((string[] ends, LoraPart part) in ((string[], LoraPart)[])[(Downs, LoraPart.Down), (Ups, LoraPart.Up), ([Alpha], LoraPart.Alpha)])
        {
            if (ends.FirstOrDefault(end => name.EndsWith(end, StringComparison.Ordinal)) is { } found)
            {
                string module = name[..^found.Length];

                // The first form of diffusers put its layers into processors of the attention.
                bool processor = module.Contains(".processor.", StringComparison.Ordinal);
                module = module.Replace(".processor.", ".", StringComparison.Ordinal);
                return (processor && module.EndsWith(".to_out", StringComparison.Ordinal) ? module + ".0" : module, part);
            }
        }

        return null;
    }

    /// <summary>What a file is that is no plain LoRA, or null.</summary>
    public static string? OtherKind(string name) => Others.FirstOrDefault(other => $"{name}.".Contains(other.Part, StringComparison.Ordinal)).Kind;

    /// <summary>The network that a module is of, and its name there with underscores for dots.</summary>
    public static (int Network, string Module) Split(string module)
    {
        module = module.StartsWith(Wrapped, StringComparison.Ordinal) ? module[Wrapped.Length..] : module;
        (string prefix, int network) = Prefixes.FirstOrDefault(p => module.StartsWith(p.Prefix, StringComparison.Ordinal), (Prefix: string.Empty, Network: Denoiser));
        return (network, Flat(module[prefix.Length..]));
    }

    /// <summary>A module's path as kohya's trainer writes it.</summary>
    public static string Flat(string path) => path.Replace('.', '_');
}

/// <summary>What a tensor is of a LoRA's module.</summary>
internal enum LoraPart
{
    /// <summary>[r, K…].</summary>
    Down,

    /// <summary>[N, r], or as a 1 × 1 convolution.</summary>
    Up,

    /// <summary>A number: the change is divided by r and multiplied by it.</summary>
    Alpha,
}
