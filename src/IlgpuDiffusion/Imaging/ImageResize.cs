namespace IlgpuDiffusion.Imaging;

/// <summary>Changes the size of pictures: separable filters, weights normalised, edges by leaving out what lies outside.</summary>
internal static class ImageResize
{
    /// <summary>Stretches a picture to a size.</summary>
    /// <param name="image">The picture; returned itself when it has the size already.</param>
    /// <param name="width">New width in pixels.</param>
    /// <param name="height">New height in pixels.</param>
    /// <param name="filter">How pixels are mixed.</param>
    public static Image Resize(Image image, int width, int height, ResizeFilter filter = ResizeFilter.Lanczos)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (width == image.Width && height == image.Height)
        {
            return image;
        }

        Tap[] across = Taps(image.Width, width, filter);
        Tap[] down = Taps(image.Height, height, filter);
        float[] wide = new float[(long)image.Height * width * 3];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3);
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < 3; c++)
                {
                    float sum = 0;
                    for (int k = 0; k < across[x].Weights.Length; k++)
                    {
                        sum += across[x].Weights[k] * row[((across[x].First + k) * 3) + c];
                    }

                    wide[(((y * width) + x) * 3) + c] = sum;
                }
            }
        }

        Image result = new(width, height);
        int stride = width * 3;
        for (int y = 0; y < height; y++)
        {
            for (int i = 0; i < stride; i++)
            {
                float sum = 0;
                for (int k = 0; k < down[y].Weights.Length; k++)
                {
                    sum += down[y].Weights[k] * wide[((down[y].First + k) * stride) + i];
                }

                result.Pixels[(y * stride) + i] = (byte)Math.Clamp(MathF.Round(sum), 0, 255);
            }
        }

        return result;
    }

    /// <summary>Cuts the largest part of the wanted shape out of the middle, then resizes it: nothing is distorted.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">New width in pixels.</param>
    /// <param name="height">New height in pixels.</param>
    /// <param name="filter">How pixels are mixed.</param>
    public static Image Cover(Image image, int width, int height, ResizeFilter filter = ResizeFilter.Lanczos)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        double scale = Math.Min((double)image.Width / width, (double)image.Height / height);
        int partWidth = Math.Clamp((int)Math.Round(width * scale), 1, image.Width);
        int partHeight = Math.Clamp((int)Math.Round(height * scale), 1, image.Height);
        return Resize(Crop(image, (image.Width - partWidth) / 2, (image.Height - partHeight) / 2, partWidth, partHeight), width, height, filter);
    }

    /// <summary>A rectangle of a picture.</summary>
    /// <param name="image">The picture; returned itself when the rectangle is all of it.</param>
    /// <param name="x">First column.</param>
    /// <param name="y">First row.</param>
    /// <param name="width">Width of the rectangle in pixels.</param>
    /// <param name="height">Height of the rectangle in pixels.</param>
    public static Image Crop(Image image, int x, int y, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (x < 0 || y < 0 || width <= 0 || height <= 0 || width > image.Width - x || height > image.Height - y)
        {
            throw new ArgumentOutOfRangeException(nameof(x), $"The rectangle {width}x{height} at ({x}, {y}) is not inside the picture of {image.Width}x{image.Height}.");
        }

        if (width == image.Width && height == image.Height)
        {
            return image;
        }

        Image part = new(width, height);
        for (int row = 0; row < height; row++)
        {
            image.Pixels.AsSpan((((y + row) * image.Width) + x) * 3, width * 3).CopyTo(part.Pixels.AsSpan(row * width * 3));
        }

        return part;
    }

    private static Tap[] Taps(int from, int to, ResizeFilter filter)
    {
        double scale = (double)from / to;
        double widen = Math.Max(scale, 1);
        double support = Support(filter) * widen;
        Tap[] taps = new Tap[to];
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * scale;
            if (filter == ResizeFilter.Nearest)
            {
                taps[i] = new Tap(Math.Min((int)centre, from - 1), [1f]);
                continue;
            }

            int first = Math.Max(0, (int)(centre - support + 0.5));
            int end = Math.Min(from, (int)(centre + support + 0.5));
            double[] weights = new double[end - first];
            double total = 0;
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = Weight(filter, (first + k + 0.5 - centre) / widen);
                total += weights[k];
            }

            taps[i] = new Tap(first, [.. weights.Select(w => (float)(w / total))]);
        }

        return taps;
    }

    private static double Support(ResizeFilter filter) => filter switch
    {
        ResizeFilter.Area => 0.5,
        ResizeFilter.Bilinear => 1,
        ResizeFilter.Bicubic => 2,
        _ => 3,
    };

    private static double Weight(ResizeFilter filter, double x)
    {
        double a = Math.Abs(x);
        return filter switch
        {
            // Half open, so that a pixel on a border counts once.
            ResizeFilter.Area => x is > -0.5 and <= 0.5 ? 1 : 0,
            ResizeFilter.Bilinear => Math.Max(0, 1 - a),
            ResizeFilter.Bicubic => a < 1 ? ((((1.5 * a) - 2.5) * a) * a) + 1 : a < 2 ? ((((-0.5 * a) + 2.5) * a) - 4) * a + 2 : 0,
            _ => a < 3 ? Sinc(a) * Sinc(a / 3) : 0,
        };
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    private readonly record struct Tap(int First, float[] Weights);
}
