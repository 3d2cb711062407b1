namespace IlgpuDiffusion.Families;

/// <summary>What a weight file is, judged by the names and shapes of its tensors alone.</summary>
/// <param name="Family">The family, such as <c>Stable Diffusion 1.x</c>, or <c>unknown</c>.</param>
/// <param name="Part">What of it: a checkpoint, a UNet, a LoRA …</param>
/// <param name="Reason">The tensor that decided.</param>
internal sealed record ModelIdentity(string Family, string Part, string Reason)
{
    /// <summary>The option that gives it beside a model, without dashes; null for what no option takes.</summary>
    public string? Option { get; init; }

    /// <summary>Whether it holds a denoiser, alone or with other networks.</summary>
    public bool HoldsDenoiser { get; init; }

    /// <summary>A file that nothing is known about.</summary>
    public static ModelIdentity Unknown { get; } = new("unknown", "weights", "no tensor has a name that tells a family");
}
