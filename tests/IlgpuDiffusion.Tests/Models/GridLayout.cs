namespace IlgpuDiffusion.Tests.Models;

/// <summary>Recordings hold [B, C, H, W]; values are [B, H, W, C].</summary>
internal static class GridLayout
{
    public static float[] ChannelsLast(float[] x, long[] shape) => Permute(x, shape, last: true);

    /// <summary>To [B, C, H, W], which is <paramref name="shape"/>.</summary>
    public static float[] ChannelsFirst(float[] x, long[] shape) => Permute(x, shape, last: false);

    private static float[] Permute(float[] x, long[] shape, bool last)
    {
        int channels = (int)shape[1];
        int points = (int)(shape[2] * shape[3]);
        float[] result = new float[x.Length];
        for (int b = 0; b < shape[0]; b++)
        {
            for (int c = 0; c < channels; c++)
            {
                for (int p = 0; p < points; p++)
                {
                    int first = (b * channels + c) * points + p;
                    int then = (b * points + p) * channels + c;
                    result[last ? then : first] = x[last ? first : then];
                }
            }
        }

        return result;
    }
}
