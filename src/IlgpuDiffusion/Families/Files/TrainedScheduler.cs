using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>What scheduler_config.json would say of a single file: the noise that all of Stable Diffusion 1, 2 and XL was trained with. The sampler is the family's.</summary>
internal static class TrainedScheduler
{
    /// <param name="predictsVelocity">Whether the network was trained to predict v (Salimans and Ho 2022) rather than ε.</param>
    /// <param name="zeroSnr">Whether the last training step had no signal left (Lin et al. 2023).</param>
    public static JsonObject Of(bool predictsVelocity, bool zeroSnr = false) => new()
    {
        ["num_train_timesteps"] = 1000,
        ["beta_start"] = 0.00085,
        ["beta_end"] = 0.012,
        ["beta_schedule"] = "scaled_linear",
        ["steps_offset"] = 1,
        ["timestep_spacing"] = zeroSnr ? "trailing" : "leading",
        ["prediction_type"] = predictsVelocity ? "v_prediction" : "epsilon",
        ["rescale_betas_zero_snr"] = zeroSnr,
    };

    /// <summary>Whether a file says that it predicts v: in its header (<c>modelspec.prediction_type</c>), or by the empty tensor <c>v_pred</c>; null where it does not say.</summary>
    public static bool? SaysVelocity(CheckpointTensors file) =>
        file.Has("v_pred") ? true
        : file.Metadata.TryGetValue("modelspec.prediction_type", out string? said) ? said.StartsWith('v')
        : null;
}
