using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// Lays what a mask keeps of the start picture over the painted one, which the autoencoder has changed everywhere. The border is blurred as by stable-diffusion-webui's "Mask blur":
/// a Gaussian over the mask, cut at 2.5 σ.
/// </summary>
internal static class MaskOverlay
{
    /// <param name="made">The painted picture.</param>
    /// <param name="start">The start picture, of the same size.</param>
    /// <param name="blur">σ in pixels; 0 cuts sharply.</param>
    public static Image Lay(Image made, StartPicture start, int blur)
    {
        float[] painted = Blur([.. start.Painted!.Select(p => p ? 1f : 0f)], made.Width, made.Height, blur);
        Image result = new(made.Width, made.Height);
        for (int i = 0; i < result.Pixels.Length; i++)
        {
            float share = painted[i / 3];
            result.Pixels[i] = share >= 1 ? made.Pixels[i] : (byte)MathF.Round((share * made.Pixels[i]) + ((1 - share) * start.Pixels[i] * 255));
        }

        return result;
    }

    private static float[] Blur(float[] mask, int width, int height, int blur)
    {
        if (blur == 0)
        {
            return mask;
        }

        int reach = (int)((2.5 * blur) + 0.5);
        double[] weights = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(i => Math.Exp(-i * i / (2.0 * blur * blur)))];
        double sum = weights.Sum();
        float[] kernel = [.. weights.Select(w => (float)(w / sum))];
        return Pass(Pass(mask, width, height, 1, width, kernel), height, width, width, 1, kernel);
    }

    /// <summary>One direction: lines of <paramref name="length"/> values, <paramref name="step"/> apart; beyond the ends the line is mirrored.</summary>
    private static float[] Pass(float[] values, int length, int lines, int step, int lineStep, float[] kernel)
    {
        float[] result = new float[values.Length];
        int reach = kernel.Length / 2;
        for (int line = 0; line < lines; line++)
        {
            for (int i = 0; i < length; i++)
            {
                float total = 0;
                for (int k = -reach; k <= reach; k++)
                {
                    total += kernel[k + reach] * values[(line * lineStep) + (Mirror(i + k, length) * step)];
                }

                // The weights add up to 1 but for their rounding; what is all kept or all painted stays so.
                result[(line * lineStep) + (i * step)] = total > 1 - 1e-6f ? 1 : total < 1e-6f ? 0 : total;
            }
        }

        return result;
    }

    private static int Mirror(int at, int length)
    {
        int period = Math.Max(1, 2 * (length - 1));
        int inside = ((at % period) + period) % period;
        return inside < length ? inside : period - inside;
    }
}
