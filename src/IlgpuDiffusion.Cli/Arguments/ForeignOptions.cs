namespace IlgpuDiffusion.Cli;

/// <summary>Options that users of stable-diffusion.cpp, stable-diffusion-webui and diffusers know and this program calls otherwise, or does not have.</summary>
internal static class ForeignOptions
{
    private static readonly HashSet<string> Absent = new(StringComparer.Ordinal)
    {
        "--lora-scale",
        "--lora-weights", "--upscale-model", "--guidance", "--slg-scale", "--skip-layers", "--sigmas", "--sampler-rng",
        "--vae-tile-size", "--vae-tile-overlap", "--vae-slicing", "--diffusion-fa", "--fa", "--xformers", "--opt-sdp-attention",
        "--cache-mode", "--cache-option", "--color", "--hires-fix", "--enable-hr", "--hr-scale", "--restore-faces", "--tiling", "--subseed", "--safety-checker", "--revision",
    };

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["--num-inference-steps"] = "--steps",
        ["--inference-steps"] = "--steps",
        ["--num-steps"] = "--steps",
        ["--ddim-steps"] = "--steps",
        ["--sample-steps"] = "--steps",
        ["--guidance-scale"] = "--cfg-scale",
        ["--cfg"] = "--cfg-scale",
        ["--scale"] = "--cfg-scale",
        ["--guidance-rescale"] = "--cfg-rescale",
        ["--batch"] = "--batch-count",
        ["--batch-size"] = "--batch-count",
        ["--count"] = "--batch-count",
        ["--n-iter"] = "--batch-count",
        ["--n-samples"] = "--batch-count",
        ["--num-images"] = "--batch-count",
        ["--num-images-per-prompt"] = "--batch-count",
        ["--sampler-name"] = "--sampler",
        ["--sampler-index"] = "--sampler",
        ["--sample-method"] = "--sampler",
        ["--schedule"] = "--scheduler",
        ["--schedule-type"] = "--scheduler",
        ["--image"] = "--init-img",
        ["--init-image"] = "--init-img",
        ["--init-images"] = "--init-img",
        ["--input-image"] = "--init-img",
        ["--img2img"] = "--init-img",
        ["--mask-image"] = "--mask",
        ["--denoising-strength"] = "--strength",
        ["--denoise"] = "--strength",
        ["--out"] = "--output",
        ["--outfile"] = "--output",
        ["--outdir"] = "--output",
        ["--output-dir"] = "--output",
        ["--output-path"] = "--output",
        ["--ckpt"] = "--model",
        ["--checkpoint"] = "--model",
        ["--model-path"] = "--model",
        ["--diffusion-model"] = "--model",
        ["--unet"] = "--model",
        ["--model-id"] = "--model",
        ["--pretrained-model-name-or-path"] = "--model",
        ["--dtype"] = "--type",
        ["--torch-dtype"] = "--type",
        ["--precision"] = "--type",
        ["--weight-type"] = "--type",
        ["--lora-model-dir"] = "--lora-dir",
        ["--loras"] = "--lora",
        ["--embd-dir"] = "--embedding-dir",
        ["--embeddings-dir"] = "--embedding-dir",
        ["--control-guidance-start"] = "--control-start",
        ["--control-guidance-end"] = "--control-end",
        ["--controlnet-conditioning-scale"] = "--control-strength",
        ["--tae"] = "--taesd",
        ["--offload-to-cpu"] = "--offload",
        ["--lowvram"] = "--offload",
        ["--medvram"] = "--offload",
        ["--low-vram"] = "--offload",
        ["--max-vram"] = "--memory-limit",
        ["--memory-budget"] = "--weight-budget",
        ["--num-threads"] = "--threads",
        ["--nthreads"] = "--threads",
        ["--from-file"] = "--prompts",
        ["--prompt-file"] = "--prompts",
        ["--prompts-file"] = "--prompts",
        ["--cpu"] = "--device cpu",
        ["--gpu"] = "--device",
        ["--backend"] = "--device",
        ["--silent"] = "--quiet",
        ["--main-device"] = "--device",
    };

    /// <summary>A sentence about the option, or null if it is just unknown.</summary>
    public static string? Explain(string token)
    {
        string given = token.Split('=')[0];
        string name = given.ToLowerInvariant().Replace('_', '-');
        return name switch
        {
            "--list-devices" => "Use 'ilgpu-diffusion devices' for a list of devices.",
            "--list-samplers" or "--samplers" => "Use 'ilgpu-diffusion samplers' for a list of samplers and schedulers.",
            "-m" or "--mode" when given != "-m" => $"There is no option {given}; use a command: generate, inspect, metadata, explain, samplers, devices, diff.",
            _ => Names.TryGetValue(name, out string? here) ? $"Unknown option '{given}'. Here it is {here}."
                : Absent.Contains(name) ? $"'{given}' is an option of stable-diffusion.cpp or its like that this version does not have."
                : null,
        };
    }

    /// <summary>The option that was meant: one that goes on as the word does, else the one with the fewest changes.</summary>
    public static string? Nearest(string word, IReadOnlyCollection<string> known)
    {
        string name = word.Split('=')[0].ToLowerInvariant().Replace('_', '-');
        return known.Where(k => k == name || (name.Length > 3 && k.StartsWith(name, StringComparison.Ordinal))).MinBy(k => k.Length)
            ?? known.Where(k => k.Length > 4 && name.StartsWith(k + "-", StringComparison.Ordinal)).MaxBy(k => k.Length)
            ?? Weights.NearestName.Find(name, known);
    }
}
