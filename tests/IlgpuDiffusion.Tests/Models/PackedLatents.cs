namespace IlgpuDiffusion.Tests.Models;

/// <summary>FLUX's latents as recorded: patches of 2 × 2, the channels of each ordered (channel, row, column).</summary>
internal static class PackedLatents
{
    /// <summary>[B, h/2 · w/2, 4C] to [B, h, w, C].</summary>
    public static float[] Unpack(float[] packed, int batch, int height, int width)
    {
        int channels = packed.Length / (batch * height * width);
        float[] latents = new float[packed.Length];
        for (int i = 0; i < latents.Length; i++)
        {
            int c = i % channels, x = i / channels % width, y = i / channels / width % height, b = i / channels / width / height;
            int patch = (((b * (height / 2)) + (y / 2)) * (width / 2)) + (x / 2);
            latents[i] = packed[(patch * 4 * channels) + (c * 4) + (y % 2 * 2) + (x % 2)];
        }

        return latents;
    }
}
