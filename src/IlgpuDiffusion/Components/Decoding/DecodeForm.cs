using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Components;

/// <summary>How a request's pictures are decoded.</summary>
/// <param name="Height">Rows of latents.</param>
/// <param name="Width">Columns of latents.</param>
/// <param name="Tiling">How attention is cut.</param>
/// <param name="Memory">Bytes beside the weights within which it is done in parts; null where it is done at once.</param>
internal sealed record DecodeForm(int Height, int Width, DecoderTiling Tiling = default, long? Memory = null)
{
    /// <summary>Whether the tiny decoder does it, at once.</summary>
    public bool Tiny { get; init; }
}

/// <summary>How the decoder's attention is cut into tiles.</summary>
/// <param name="Side">Latents along a tile's side; 0 leaves it whole.</param>
/// <param name="Compat">As HyperTile was published: tiles of the side's least divisor from <paramref name="Side"/> on, each with a group norm of its own.</param>
internal readonly record struct DecoderTiling(int Side, bool Compat)
{
    /// <summary>What a policy asks for.</summary>
    /// <param name="policy">The policy, or null.</param>
    /// <param name="factor">Pixels along the side of a latent.</param>
    public static DecoderTiling Of(AccelerationPolicy? policy, int factor) =>
        policy?.Techniques.OfType<HyperTile>().FirstOrDefault() is { VaeTile: > 0 } tiles ? new DecoderTiling(Math.Max(1, tiles.VaeTile / factor), tiles.Compat) : default;
}
