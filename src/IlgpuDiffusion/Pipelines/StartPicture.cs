using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>The picture that a run begins with, at the request's size, and which of its pixels are painted anew.</summary>
/// <param name="Pixels">[H, W, 3] in [0, 1].</param>
/// <param name="Painted">[H, W], or null without a mask.</param>
internal sealed record StartPicture(float[] Pixels, bool[]? Painted)
{
    /// <summary>The request's picture and mask, resized where they have another size; null without one.</summary>
    public static StartPicture? Of(ResolvedRequest request)
    {
        if (request.Request.InitImage is not { } image)
        {
            return null;
        }

        return new StartPicture(Fit(image, request).ToFloats(), request.Request.Mask is { } mask ? Binarise(Fit(mask, request)) : null);
    }

    /// <summary>The pixels with those that are painted anew grey, [H, W, 3].</summary>
    public float[] Visible()
    {
        float[] visible = (float[])Pixels.Clone();
        for (int i = 0; i < Painted!.Length; i++)
        {
            if (Painted[i])
            {
                visible.AsSpan(i * 3, 3).Fill(0.5f);
            }
        }

        return visible;
    }

    /// <summary>1 where latents are painted anew, [h, w]: of each latent's pixels the first decides, as in diffusers.</summary>
    public float[] LatentMask(int height, int width, int factor)
    {
        float[] latent = new float[height * width];
        for (int i = 0; i < latent.Length; i++)
        {
            latent[i] = Painted![i / width * factor * width * factor + i % width * factor] ? 1 : 0;
        }

        return latent;
    }

    private static Image Fit(Image image, ResolvedRequest request) =>
        image.Width == request.Width && image.Height == request.Height ? image : ImageResize.Resize(image, request.Width, request.Height);

    private static bool[] Binarise(Image mask)
    {
        bool[] painted = new bool[mask.Width * mask.Height];
        for (int i = 0; i < painted.Length; i++)
        {
            // ITU-R 601 luma, at one half.
            painted[i] = (299 * mask.Pixels[3 * i]) + (587 * mask.Pixels[3 * i + 1]) + (114 * mask.Pixels[3 * i + 2]) >= 127500;
        }

        return painted;
    }
}
