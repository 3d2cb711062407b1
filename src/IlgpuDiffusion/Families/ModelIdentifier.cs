using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Tells the family of weights from tensor names and shapes, in diffusers' layout and those of the original code (the keys that diffusers' single_file_utils looks at).</summary>
internal static class ModelIdentifier
{
    /// <summary>The families whose files it tells apart, as it calls them.</summary>
    public const string Sd1 = "Stable Diffusion 1.x";
    public const string Sd2 = "Stable Diffusion 2.x";
    public const string Sdxl = "Stable Diffusion XL";
    public const string SdxlRefiner = "Stable Diffusion XL refiner";
    public const string Sd3 = "Stable Diffusion 3";
    public const string Sd35Medium = "Stable Diffusion 3.5 Medium";
    public const string Sd35Large = "Stable Diffusion 3.5 Large";
    public const string FluxDev = "FLUX.1 dev";
    public const string FluxSchnell = "FLUX.1 schnell";

    // Pooled text and five numbers of 256 sinusoids; the base model takes six.
    private const int RefinerChannels = 1280 + (5 * 256);

    /// <summary>Identifies a set of tensors.</summary>
    /// <param name="tensors">All tensors of a file or component.</param>
    public static ModelIdentity Identify(IEnumerable<WeightTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Dictionary<string, long[]> shapes = tensors.ToDictionary(t => t.Name, t => t.Shape.ToArray(), StringComparer.Ordinal);
        return Adapter(shapes)
            ?? ((Transformer(shapes) ?? Checkpoint(shapes) ?? Unet(shapes)) is { } model ? model with { HoldsDenoiser = true } : null)
            ?? Part(shapes) ?? ModelIdentity.Unknown;
    }

    private static ModelIdentity? Adapter(Dictionary<string, long[]> shapes)
    {
        if (shapes.ContainsKey("lora_controlnet"))
        {
            return new("unknown", "Control-LoRA", "tensor lora_controlnet");
        }

        if (shapes.Keys.FirstOrDefault(n => n.StartsWith("control_model.", StringComparison.Ordinal) || n.StartsWith("controlnet_cond_embedding.", StringComparison.Ordinal) || n.StartsWith("input_hint_block.", StringComparison.Ordinal)) is { } control)
        {
            string? byText = shapes.Where(n => n.Key.EndsWith("attn2.to_k.weight", StringComparison.Ordinal)).Select(n => OfTextWidth(n.Value.ElementAtOrDefault(1))).FirstOrDefault();
            return new(byText ?? "unknown", "ControlNet", $"tensor {control}") { Option = "controlnet" };
        }

        if (shapes.Keys.FirstOrDefault(n => n.Contains(".lora_", StringComparison.Ordinal) || n.Contains("_lora.", StringComparison.Ordinal) || n.StartsWith("lora_", StringComparison.Ordinal)) is { } lora)
        {
            string? byText = shapes.Where(n => n.Key.Contains("attn2", StringComparison.Ordinal) && n.Key.Contains("to_k", StringComparison.Ordinal) && LoraNames.Parse(n.Key) is { Part: LoraPart.Down })
                .Select(n => OfTextWidth(n.Value.ElementAtOrDefault(1))).FirstOrDefault();
            bool xl = shapes.Keys.Any(n => n.StartsWith("lora_te2_", StringComparison.Ordinal) || n.StartsWith("text_encoder_2.", StringComparison.Ordinal));
            return new(xl ? Sdxl : byText ?? "unknown", "LoRA", $"tensor {lora}") { Option = "lora" };
        }

        return shapes.ContainsKey("emb_params") ? new("unknown", "textual inversion", "tensor emb_params") { Option = "embedding" }
            : shapes is { Count: 1 } && shapes.Single() is { Value.Length: 2 } only && only.Key.StartsWith('<') ? new("unknown", "textual inversion", $"tensor {only.Key}") { Option = "embedding" }
            : null;
    }

    private static ModelIdentity? Transformer(Dictionary<string, long[]> shapes)
    {
        foreach (string prefix in PartPrefixes.Denoiser)
        {
            if (First(shapes, prefix + MmditKeys.Original.Sign) is { } joint)
            {
                return new(Joint(shapes, $"{prefix}joint_blocks.0.x_block.attn.ln_q.weight", $"{prefix}joint_blocks.0.x_block.attn2.qkv.weight"), Whole(shapes), $"tensor {joint}");
            }

            if (First(shapes, prefix + FluxKeys.Original.Sign) is { } flux)
            {
                string family = shapes.Keys.Any(name => name.StartsWith(prefix + "distilled_guidance_layer.", StringComparison.Ordinal)) ? "Chroma"
                    : FluxOf(shapes, prefix + "img_in.weight", prefix + "final_layer.linear.weight", prefix + "guidance_in.in_layer.weight");
                return new(family, Whole(shapes), $"tensor {flux}, {(shapes.ContainsKey(prefix + "guidance_in.in_layer.weight") ? "with" : "without")} guidance_in");
            }
        }

        // Other transformers share these names; the embeddings of place and of time and text are the families' own.
        return First(shapes, "transformer_blocks.0.attn.add_k_proj.weight") is not { } blocks || !shapes.ContainsKey("time_text_embed.text_embedder.linear_1.weight") ? null
            : shapes.ContainsKey(MmditKeys.Diffusers.Sign) ? new(Joint(shapes, "transformer_blocks.0.attn.norm_q.weight", "transformer_blocks.0.attn2.to_q.weight"), "transformer", $"tensor {blocks}")
            : shapes.ContainsKey(FluxKeys.Diffusers.Sign) ? new(FluxOf(shapes, "x_embedder.weight", "proj_out.weight", "time_text_embed.guidance_embedder.linear_1.weight"), "transformer", $"tensor {blocks}")
            : null;
    }

    private static string Joint(Dictionary<string, long[]> shapes, string norm, string dual) => !shapes.ContainsKey(norm) ? Sd3 : shapes.ContainsKey(dual) ? Sd35Medium : Sd35Large;

    // Relatives take further pictures beside the latents.
    private static string FluxOf(Dictionary<string, long[]> shapes, string input, string output, string guidance)
    {
        long channels = shapes.GetValueOrDefault(input)?.ElementAtOrDefault(1) ?? 0, latents = shapes.GetValueOrDefault(output)?.ElementAtOrDefault(0) ?? 0;
        return channels == latents ? shapes.ContainsKey(guidance) ? FluxDev : FluxSchnell
            : channels == 2 * latents ? "FLUX.1 Depth or Canny" : channels == 6 * latents ? "FLUX.1 Fill" : $"a relative of FLUX.1 that takes {channels} channels";
    }

    private static ModelIdentity? Checkpoint(Dictionary<string, long[]> shapes)
    {
        const string Input = "input_blocks.0.0.weight";
        if (PartPrefixes.Denoiser.FirstOrDefault(prefix => shapes.ContainsKey(prefix + Input)) is not { } unet)
        {
            return null;
        }

        long[] input = shapes[unet + Input];

        string part = Whole(shapes) + Task(input);
        if (First(shapes, "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias", "conditioner.embedders.1.model.positional_embedding") is { } xl)
        {
            return new(Sdxl, part, $"tensor {xl}");
        }

        // The base model's first encoder has the names of transformers.
        if (shapes.Keys.FirstOrDefault(name => name.StartsWith("conditioner.embedders.0.model.", StringComparison.Ordinal)) is { } refiner)
        {
            return new(SdxlRefiner, part, $"tensor {refiner}");
        }

        return First(shapes, unet + "label_emb.0.0.weight") is { } label ? new(shapes[label].ElementAtOrDefault(1) == RefinerChannels ? SdxlRefiner : Sdxl, part, $"tensor {label}")
            : First(shapes, "cond_stage_model.model.token_embedding.weight") is { } open ? new(Sd2, part, $"tensor {open}")
            : First(shapes, "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight") is { } clip ? new(Sd1, part, $"tensor {clip}")
            : ByProjection(shapes, n => n.StartsWith(unet, StringComparison.Ordinal) && n.EndsWith(".1.proj_in.weight", StringComparison.Ordinal), part);
    }

    private static ModelIdentity? Unet(Dictionary<string, long[]> shapes)
    {
        if (!shapes.TryGetValue("conv_in.weight", out long[]? input) || !shapes.Keys.Any(n => n.StartsWith("time_embedding.", StringComparison.Ordinal)))
        {
            return null;
        }

        string part = "UNet" + Task(input);
        return First(shapes, "add_embedding.linear_1.weight") is { } added ? new(shapes[added].ElementAtOrDefault(1) == RefinerChannels ? SdxlRefiner : Sdxl, part, $"tensor {added}")
            : ByProjection(shapes, n => n.EndsWith(".proj_in.weight", StringComparison.Ordinal), part);
    }

    /// <summary>The blocks' first projection is a convolution in the first generation and a matrix in the second.</summary>
    private static ModelIdentity ByProjection(Dictionary<string, long[]> shapes, Func<string, bool> isProjection, string part) =>
        shapes.Keys.Where(isProjection).Order(StringComparer.Ordinal).FirstOrDefault() is { } projection
            ? new(shapes[projection].Length == 4 ? Sd1 : Sd2, part, $"tensor {projection} is a {(shapes[projection].Length == 4 ? "convolution" : "matrix")}")
            : new("unknown", part, "it has no cross-attention");

    private static ModelIdentity? Part(Dictionary<string, long[]> shapes)
    {
        if (First(shapes, "decoder.conv_in.weight", "first_stage_model.decoder.conv_in.weight", "vae.decoder.conv_in.weight") is { } decoder)
        {
            return new("any", $"autoencoder with {shapes[decoder].ElementAtOrDefault(1)} latent channels", $"tensor {decoder}") { Option = "vae" };
        }

        string[] prefixes = ["", .. PartPrefixes.ClipL, .. PartPrefixes.ClipG, .. PartPrefixes.T5];
        string? Signed(PartLayout layout) => First(shapes, [.. prefixes.Select(prefix => prefix + layout.Sign)]);
        if (PartKind.Clip.Layouts.Select(Signed).FirstOrDefault(found => found is not null) is { } clip)
        {
            long width = shapes.FirstOrDefault(pair => pair.Key.EndsWith("token_embedding.weight", StringComparison.Ordinal)).Value?.ElementAtOrDefault(1) ?? 0;
            return new("any", $"CLIP text encoder of width {width}", $"tensor {clip}") { Option = width switch { 768 => "clip-l", 1024 => "clip-h", 1280 => "clip-g", _ => null } };
        }

        return PartKind.T5.Layouts.Select(Signed).FirstOrDefault(found => found is not null) is { } t5 ? new("any", "T5 text encoder", $"tensor {t5}") { Option = "t5xxl" }
            : TinyKeys.Kind.Layouts.SelectMany(layout => TinyFile.Prefixes.Select(prefix => prefix + layout.Sign)).FirstOrDefault(shapes.ContainsKey) is { } tiny && IsTiny(shapes, tiny) ? new("any", "tiny decoder", $"tensor {tiny}") { Option = TinyFile.Option }
            : null;
    }

    // Its layers have numbers for names, as those of many a network have: the first is a convolution from a few latent channels.
    private static bool IsTiny(Dictionary<string, long[]> shapes, string first) => shapes[first] is [_, 4 or 16, 3, 3];

    private static string? OfTextWidth(long width) => width switch { 768 => Sd1, 1024 => Sd2, 2048 => Sdxl, _ => null };

    private static string Whole(Dictionary<string, long[]> shapes)
    {
        bool decoder = shapes.Keys.Any(n => n.StartsWith("first_stage_model.", StringComparison.Ordinal) || n.StartsWith("vae.", StringComparison.Ordinal));
        bool text = shapes.Keys.Any(n => n.StartsWith("cond_stage_model.", StringComparison.Ordinal) || n.StartsWith("conditioner.", StringComparison.Ordinal) || n.StartsWith("text_encoders.", StringComparison.Ordinal));
        return (decoder, text) switch
        {
            (true, true) => "single-file checkpoint",
            (true, false) => "single-file checkpoint without text encoder",
            (false, true) => "single-file checkpoint without autoencoder",
            _ => "single file of the denoiser alone",
        };
    }

    private static string Task(long[] input) => input.ElementAtOrDefault(1) switch
    {
        9 => " for inpainting",
        8 => " for instructions (pix2pix)",
        _ => string.Empty,
    };

    private static string? First(Dictionary<string, long[]> shapes, params string[] names) => names.FirstOrDefault(shapes.ContainsKey);
}
