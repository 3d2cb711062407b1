namespace IlgpuDiffusion.Imaging;

/// <summary>Masks for inpainting: white is repainted, black is kept.</summary>
public static class ImageMask
{
    /// <summary>Luminance (ITU-R 601, as PIL's "L") of every pixel, at or above one half 1, below 0.</summary>
    /// <param name="image">The mask as a picture.</param>
    /// <returns>[height, width].</returns>
    public static float[] Binarise(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        float[] mask = new float[image.Width * image.Height];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = Luminance(image, i) >= 128 ? 1f : 0f;
        }

        return mask;
    }

    /// <summary>The mask on the grid of latents: the first pixel of every square of <paramref name="factor"/> a side.</summary>
    /// <param name="mask">[height, width].</param>
    /// <param name="width">Width in pixels, a multiple of <paramref name="factor"/>.</param>
    /// <param name="height">Height in pixels, a multiple of <paramref name="factor"/>.</param>
    /// <param name="factor">Pixels per latent, 8 for Stable Diffusion.</param>
    /// <returns>[height / factor, width / factor].</returns>
    public static float[] ToLatent(ReadOnlySpan<float> mask, int width, int height, int factor = 8)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        if (width % factor != 0 || height % factor != 0 || mask.Length != width * height)
        {
            throw new ArgumentException($"A mask of {mask.Length} values and {width}x{height} pixels has no grid of {factor} pixels a side.", nameof(mask));
        }

        float[] latent = new float[mask.Length / factor / factor];
        int columns = width / factor;
        for (int i = 0; i < latent.Length; i++)
        {
            latent[i] = mask[(i / columns * factor * width) + (i % columns * factor)];
        }

        return latent;
    }

    internal static int Luminance(Image image, int pixel)
    {
        ReadOnlySpan<byte> p = image.Pixels.AsSpan(pixel * 3, 3);
        return ((p[0] * 19595) + (p[1] * 38470) + (p[2] * 7471) + 0x8000) >> 16;
    }
}
