namespace IlgpuDiffusion;

/// <summary>A LoRA that a request uses (Hu et al. 2021): a .safetensors file in kohya's, diffusers' or PEFT's layout.</summary>
/// <param name="Path">The file.</param>
/// <param name="Weight">How strongly it changes the model; 1 as it was trained, 0 not at all, below 0 the other way.</param>
public sealed record Lora(string Path, double Weight = 1)
{
    /// <summary>How strongly it changes the text encoders; null as <see cref="Weight"/>.</summary>
    public double? TextWeight { get; init; }
}
