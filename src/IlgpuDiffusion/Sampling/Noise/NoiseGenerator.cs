namespace IlgpuDiffusion.Sampling;

/// <summary>A seeded source of standard normal values; one <see cref="Fill"/> is one <c>torch.randn</c> of that many values.</summary>
internal abstract class NoiseGenerator
{
    private protected NoiseGenerator()
    {
    }

    /// <summary>A fresh generator, as after <c>manual_seed(seed)</c>.</summary>
    public static NoiseGenerator Create(NoiseKind kind, ulong seed) => kind switch
    {
        NoiseKind.Cpu => new TorchNoise(seed),
        NoiseKind.Cuda => new PhiloxNoise(seed),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The noise kind must be cpu or cuda."),
    };

    /// <summary>Draws the next values in torch's memory order, which for latents is [B, C, H, W]; the caller permutes to channels last.</summary>
    public abstract void Fill(Span<float> destination);
}
