namespace IlgpuDiffusion.Cli;

/// <summary>Options that users of stable-diffusion.cpp know and this program does not have.</summary>
internal static class ForeignOptions
{
    private static readonly HashSet<string> Absent = new(StringComparer.Ordinal)
    {
        "--diffusion-model", "--clip_l", "--clip_g", "--t5xxl", "--vae", "--taesd", "--control-net", "--control-image", "--control-strength", "--lora-model-dir", "--embd-dir",
        "--upscale-model", "--guidance", "--slg-scale", "--skip-layers", "--flow-shift", "--sigmas", "--prediction", "--sampler-rng", "--vae-tiling", "--vae-tile-size",
        "--vae-tile-overlap", "--diffusion-fa", "--fa", "--offload-to-cpu", "--cache-mode", "--cache-option", "--preview", "--preview-interval", "--preview-path", "--color",
    };

    /// <summary>A sentence about the option, or null if it is just unknown.</summary>
    public static string? Explain(string token)
    {
        string name = token.Split('=')[0];
        return name switch
        {
            "--list-devices" => "Use 'ilgpu-diffusion devices' for a list of devices.",
            "-M" or "--mode" => "There is no option --mode; use a command: generate, inspect, explain, devices, diff.",
            _ => Absent.Contains(name) ? $"'{name}' is an option of stable-diffusion.cpp that this version does not have." : null,
        };
    }
}
