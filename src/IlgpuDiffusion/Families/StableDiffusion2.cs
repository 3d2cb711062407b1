using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 2.0 and 2.1: OpenCLIP's text encoder; sizes of 512 (ε) or 768 (v) as the files say.</summary>
internal static class StableDiffusion2
{
    public static Family Facts { get; } = StableDiffusion1.Facts with
    {
        Name = "Stable Diffusion 2.x",

        // The generations share their pipeline classes. OpenAI's CLIP has an activation of its own, OpenCLIP's models the usual one.
        Is = files => ClipConfig.Read(files.Config("text_encoder")).Activation != Activation.QuickGelu,
        Checkpoint = new CheckpointLayout
        {
            Identities = [ModelIdentifier.Sd2],
            Parts =
            [
                new("unet", "UNet", PartKind.UNet, PartPrefixes.Denoiser) { Amend = (config, file) => { UNetShape.HeadsOf(HeadWidth, config); config["sample_size"] = file.PredictsVelocity ? 96 : 64; } },
                new("vae", "autoencoder", PartKind.Vae, PartPrefixes.Vae) { Option = "vae", Amend = (config, _) => config["scaling_factor"] = 0.18215 },
                new("text_encoder", "text encoder (OpenCLIP ViT-H)", PartKind.Clip, "cond_stage_model.model.")
                {
                    Option = "clip-h",
                    Amend = (config, _) =>
                    {
                        config["hidden_act"] = "gelu";
                        config["num_hidden_layers"] = Math.Min(UsedLayers, config["num_hidden_layers"]!.GetValue<int>());
                    },
                    IsUnneeded = (name, config) => IsBeyond(name, config.Int("num_hidden_layers")),
                },
            ],
            PredictsVelocity = file => TrainedScheduler.SaysVelocity(file) ?? Spread(file) > VelocitySpread,
            Scheduler = file => TrainedScheduler.Of(file.PredictsVelocity),
        },
    };

    private const int HeadWidth = 64;

    // Conditioned on the last but one of 24 layers; diffusers' folders leave out the last.
    private const int UsedLayers = 23;

    // A rule of thumb of ComfyUI's, since files of both kinds have the same names and shapes: the last transformer's first bias spreads widely in networks that predict v.
    private const double VelocitySpread = 0.09;

    private static double Spread(CheckpointTensors file)
    {
        const string Bias = "output_blocks.11.1.transformer_blocks.0.norm1.bias";
        const string InDiffusers = "up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias";
        bool inpaints = (file.Find("model.diffusion_model.input_blocks.0.0.weight") ?? file.Find("input_blocks.0.0.weight") ?? file.Find("conv_in.weight")) is { } input && input.Shape[1] != 4;
        if (inpaints || (file.Find($"model.diffusion_model.{Bias}") ?? file.Find($"diffusion_model.{Bias}") ?? file.Find(Bias) ?? file.Find(InDiffusers)) is not { } bias)
        {
            return 0;
        }

        float[] values = bias.ToSingles();
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    private static bool IsBeyond(string name, int layers)
    {
        const string Layer = "text_model.encoder.layers.";
        return name.StartsWith(Layer, StringComparison.Ordinal) && int.TryParse(name[Layer.Length..].Split('.')[0], out int layer) && layer >= layers;
    }
}
