namespace IlgpuDiffusion.Imaging;

/// <summary>How far two pictures of one size are apart.</summary>
/// <example>
/// <code>
/// Assert.IsGreaterThan(40, ImageMetrics.Psnr(Image.Load("expected.png"), painted));
/// </code>
/// </example>
public static class ImageMetrics
{
    private const int Window = 11;

    /// <summary>Peak signal to noise ratio over all channels in dB, peak 255; infinite for equal pictures.</summary>
    /// <param name="a">A picture.</param>
    /// <param name="b">Another of the same size.</param>
    public static double Psnr(Image a, Image b)
    {
        CheckSizes(a, b);
        double sum = 0;
        for (int i = 0; i < a.Pixels.Length; i++)
        {
            double difference = a.Pixels[i] - b.Pixels[i];
            sum += difference * difference;
        }

        return sum == 0 ? double.PositiveInfinity : 10 * Math.Log10(255.0 * 255.0 * a.Pixels.Length / sum);
    }

    /// <summary>The largest difference of two bytes.</summary>
    /// <param name="a">A picture.</param>
    /// <param name="b">Another of the same size.</param>
    public static int MaxDifference(Image a, Image b)
    {
        CheckSizes(a, b);
        int most = 0;
        for (int i = 0; i < a.Pixels.Length; i++)
        {
            most = Math.Max(most, Math.Abs(a.Pixels[i] - b.Pixels[i]));
        }

        return most;
    }

    /// <summary>Structural similarity of the luminance (Wang et al. 2004: Gaussian window of 11 with deviation 1.5, K1 = 0.01, K2 = 0.03), mean over whole windows.</summary>
    /// <param name="a">A picture of at least 11 pixels a side.</param>
    /// <param name="b">Another of the same size.</param>
    public static double Ssim(Image a, Image b)
    {
        CheckSizes(a, b);
        if (a.Width < Window || a.Height < Window)
        {
            throw new ArgumentException($"SSIM needs pictures of at least {Window}x{Window} pixels, not {a.Width}x{a.Height}.", nameof(a));
        }

        int count = a.Width * a.Height;
        double[] x = new double[count];
        double[] y = new double[count];
        double[] xx = new double[count];
        double[] yy = new double[count];
        double[] xy = new double[count];
        for (int i = 0; i < count; i++)
        {
            x[i] = Luminance(a, i);
            y[i] = Luminance(b, i);
            xx[i] = x[i] * x[i];
            yy[i] = y[i] * y[i];
            xy[i] = x[i] * y[i];
        }

        double[] meanX = Blur(x, a.Width, a.Height);
        double[] meanY = Blur(y, a.Width, a.Height);
        double[] meanXx = Blur(xx, a.Width, a.Height);
        double[] meanYy = Blur(yy, a.Width, a.Height);
        double[] meanXy = Blur(xy, a.Width, a.Height);
        const double C1 = 0.01 * 255 * 0.01 * 255;
        const double C2 = 0.03 * 255 * 0.03 * 255;
        double sum = 0;
        for (int i = 0; i < meanX.Length; i++)
        {
            double product = meanX[i] * meanY[i];
            double squares = (meanX[i] * meanX[i]) + (meanY[i] * meanY[i]);
            double covariance = meanXy[i] - product;
            double variances = meanXx[i] + meanYy[i] - squares;
            sum += ((2 * product) + C1) * ((2 * covariance) + C2) / ((squares + C1) * (variances + C2));
        }

        return sum / meanX.Length;
    }

    /// <summary>
    /// The error of fine detail: the root mean square of what the high-pass of the pictures' luminance differs by (the picture less its blur by the window of <see cref="Ssim"/>), over that of the first one's
    /// own high-pass. 0 for equal pictures; 1 where detail is lost, or as strong and elsewhere √2. What token downsampling is judged by (arXiv:2402.13573), as a share.
    /// </summary>
    /// <param name="a">The picture that is right, of at least 11 pixels a side.</param>
    /// <param name="b">Another of the same size.</param>
    public static double HighFrequencyError(Image a, Image b)
    {
        CheckSizes(a, b);
        double[] x = HighPass(a), y = HighPass(b);
        double own = x.Sum(v => v * v), apart = x.Zip(y, (u, v) => (u - v) * (u - v)).Sum();
        return apart == 0 ? 0 : Math.Sqrt(apart / own);
    }

    private static double[] HighPass(Image image)
    {
        double[] values = [.. Enumerable.Range(0, image.Width * image.Height).Select(i => (double)Luminance(image, i))];
        double[] blurred = Blur(values, image.Width, image.Height);
        int columns = image.Width - Window + 1;
        for (int i = 0; i < blurred.Length; i++)
        {
            blurred[i] = values[(((i / columns) + (Window / 2)) * image.Width) + (i % columns) + (Window / 2)] - blurred[i];
        }

        return blurred;
    }

    private static double[] Blur(double[] values, int width, int height)
    {
        double[] kernel = new double[Window];
        for (int i = 0; i < Window; i++)
        {
            kernel[i] = Math.Exp(-(i - (Window / 2)) * (i - (Window / 2)) / (2 * 1.5 * 1.5));
        }

        double total = kernel.Sum();
        int columns = width - Window + 1;
        int rows = height - Window + 1;
        double[] across = new double[columns * height];
        double[] result = new double[columns * rows];
        for (int i = 0; i < across.Length; i++)
        {
            int start = (i / columns * width) + (i % columns);
            for (int k = 0; k < Window; k++)
            {
                across[i] += kernel[k] / total * values[start + k];
            }
        }

        for (int i = 0; i < result.Length; i++)
        {
            for (int k = 0; k < Window; k++)
            {
                result[i] += kernel[k] / total * across[i + (k * columns)];
            }
        }

        return result;
    }

    private static void CheckSizes(Image a, Image b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Width != b.Width || a.Height != b.Height)
        {
            throw new ArgumentException($"The pictures have different sizes: {a.Width}x{a.Height} and {b.Width}x{b.Height}.", nameof(b));
        }
    }

    // ITU-R 601, as PIL's "L".
    private static int Luminance(Image image, int pixel)
    {
        ReadOnlySpan<byte> p = image.Pixels.AsSpan(pixel * 3, 3);
        return ((p[0] * 19595) + (p[1] * 38470) + (p[2] * 7471) + 0x8000) >> 16;
    }
}
