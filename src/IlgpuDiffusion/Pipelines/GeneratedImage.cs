using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion;

/// <summary>A finished picture.</summary>
/// <param name="Image">Its pixels.</param>
/// <param name="Seed">Its own seed.</param>
/// <param name="Parameters">How it was made, as <see cref="ParametersText"/> writes it.</param>
public sealed record GeneratedImage(Image Image, long Seed, string Parameters);
