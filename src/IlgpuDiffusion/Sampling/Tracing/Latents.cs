namespace IlgpuDiffusion.Sampling;

/// <summary>A handle of latents [B, H, W, C], of clean latents or of noise, while a sampler is traced; arithmetic on it gives a <see cref="Sum"/>.</summary>
internal readonly record struct Latents
{
    internal Latents(int id, bool isNoise) => (Id, IsNoise) = (id, isNoise);

    internal int Id { get; }

    internal bool IsNoise { get; }

    /// <summary>The sum of both.</summary>
    public static Sum operator +(Latents left, Latents right) => (Sum)left + right;

    /// <summary>The difference of both.</summary>
    public static Sum operator -(Latents left, Latents right) => (Sum)left - right;

    /// <summary>The latents, scaled.</summary>
    public static Sum operator *(double scale, Latents latents) => scale * (Sum)latents;
}
