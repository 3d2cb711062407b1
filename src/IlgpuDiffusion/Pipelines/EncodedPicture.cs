namespace IlgpuDiffusion.Pipelines;

/// <summary>The picture that a run begins with, and its latents.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Latents">Its latents, [h, w, c].</param>
/// <param name="Visible">The latents with what is painted anew grey, for a network made for inpainting.</param>
internal sealed record EncodedPicture(StartPicture Picture, float[] Latents, float[]? Visible);
