using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Tests.Imaging;

[TestClass]
internal sealed class ImageTests
{
    [TestMethod]
    public void FloatsAreRoundedHalvesToEvenAndClamped()
    {
        Image image = Image.FromFloats([0.5f, 2.5f / 255f, 3.5f / 255f, -1f, 2f, 1f], 2, 1);
        CollectionAssert.AreEqual(new byte[] { 128, 2, 4, 0, 255, 255 }, image.Pixels);
        float[] floats = image.ToFloats();
        CollectionAssert.AreEqual(image.Pixels, Image.FromFloats(floats, 2, 1).Pixels);
    }

    [TestMethod]
    public void NotANumberIsSaidAndNotPaintedBlack()
    {
        float[] values = new float[12];
        values[10] = float.NaN;
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Image.FromFloats(values, 2, 2)).Message, "(1, 1)");
    }

    [TestMethod]
    public void WrongLengthsAreRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new Image(2, 2, new byte[11]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Image(0, 2));
        Assert.ThrowsExactly<ArgumentException>(() => Image.FromFloats(new float[3], 2, 2));
    }

    [TestMethod]
    [DataRow(ResizeFilter.Nearest)]
    [DataRow(ResizeFilter.Area)]
    [DataRow(ResizeFilter.Bilinear)]
    [DataRow(ResizeFilter.Bicubic)]
    [DataRow(ResizeFilter.Lanczos)]
    public void AnEvenPictureStaysEvenAtEverySize(ResizeFilter filter)
    {
        Image image = new(17, 11);
        Array.Fill(image.Pixels, (byte)77);
        foreach ((int width, int height) in new[] { (1, 1), (8, 5), (17, 30), (64, 64) })
        {
            Image result = ImageResize.Resize(image, width, height, filter);
            Assert.AreEqual((width, height), (result.Width, result.Height));
            Assert.IsTrue(result.Pixels.All(p => p == 77), $"{width}x{height}");
        }
    }

    [TestMethod]
    public void AreaIsTheMeanAndBilinearHasItsKnownValues()
    {
        Image image = new(4, 1, [0, 0, 0, 10, 10, 10, 100, 100, 100, 200, 200, 200]);
        CollectionAssert.AreEqual(new byte[] { 5, 150 }, ImageResize.Resize(image, 2, 1, ResizeFilter.Area).Pixels.Where((_, i) => i % 3 == 0).Select(b => b).ToArray());
        CollectionAssert.AreEqual(new byte[] { 10, 200 }, ImageResize.Resize(image, 2, 1, ResizeFilter.Nearest).Pixels.Where((_, i) => i % 3 == 0).ToArray());

        // Twice as wide: quarter weights, 0.75 and 0.25 of the neighbours.
        CollectionAssert.AreEqual(new byte[] { 0, 2, 8, 32, 78, 125, 175, 200 }, ImageResize.Resize(image, 8, 1, ResizeFilter.Bilinear).Pixels.Where((_, i) => i % 3 == 0).ToArray());
    }

    [TestMethod]
    public void CoverCutsTheMiddle()
    {
        Image image = new(6, 2);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i / 3 % 6 * 10);
        }

        CollectionAssert.AreEqual(new byte[] { 20, 30, 20, 30 }, ImageResize.Cover(image, 2, 2).Pixels.Where((_, i) => i % 3 == 0).ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ImageResize.Crop(image, 5, 0, 2, 2));
    }

    [TestMethod]
    public void MetricsHaveTheirKnownValues()
    {
        Image a = new(16, 16);
        Image b = new(16, 16);
        new Random(1).NextBytes(a.Pixels);
        a.Pixels.CopyTo(b.Pixels, 0);
        Assert.AreEqual(double.PositiveInfinity, ImageMetrics.Psnr(a, b));
        Assert.AreEqual(1, ImageMetrics.Ssim(a, b), 1e-12);
        for (int i = 0; i < b.Pixels.Length; i++)
        {
            b.Pixels[i] = (byte)(a.Pixels[i] < 128 ? a.Pixels[i] + 5 : a.Pixels[i] - 5);
        }

        Assert.AreEqual(20 * Math.Log10(255 / 5.0), ImageMetrics.Psnr(a, b), 1e-9);
        Assert.AreEqual(5, ImageMetrics.MaxDifference(a, b));
        Assert.IsTrue(ImageMetrics.Ssim(a, b) is > 0.9 and < 1);

        // Two even pictures: only the luminance term is left, (2xy + C1) / (x² + y² + C1).
        Image dark = new(12, 12);
        Image bright = new(12, 12);
        Array.Fill(dark.Pixels, (byte)100);
        Array.Fill(bright.Pixels, (byte)150);
        Assert.AreEqual(((2 * 100 * 150) + 6.5025) / ((100 * 100) + (150 * 150) + 6.5025), ImageMetrics.Ssim(dark, bright), 1e-9);
        Assert.ThrowsExactly<ArgumentException>(() => ImageMetrics.Psnr(a, dark));
    }

    [TestMethod]
    public void StreamsAndBytesHoldWhatFilesHold()
    {
        Image image = new(3, 2, [.. Enumerable.Range(0, 18).Select(i => (byte)(i * 13))]);
        using MemoryStream stream = new();
        stream.WriteByte(7);
        image.Save(stream, new PngText("Title", "steps"));
        CollectionAssert.AreEqual(image.ToPng(new PngText("Title", "steps")), stream.ToArray()[1..]);
        stream.Position = 1;
        CollectionAssert.AreEqual(image.Pixels, Image.Load(stream).Pixels);
        CollectionAssert.AreEqual(image.Pixels, Image.FromPng(stream.ToArray().AsMemory(1)).Pixels);
        Assert.AreEqual(stream.Length, stream.Position);
    }

    [TestMethod]
    public void AStreamThatIsNoPictureSaysSo()
    {
        using MemoryStream empty = new();
        Assert.StartsWith("The picture cannot be read: it is an empty file.", Assert.ThrowsExactly<InvalidDataException>(() => Image.Load(empty)).Message);
        Assert.Contains("a GIF file", Assert.ThrowsExactly<InvalidDataException>(() => Image.FromPng("GIF89a"u8.ToArray())).Message);
    }

    [TestMethod]
    public void AGeneratedPictureIsSavedWithHowItWasMade()
    {
        GenerationMetadata metadata = new() { Prompt = "a lighthouse", Steps = 3, Sampler = "Euler", CfgScale = 4, Seed = 7, Width = 2, Height = 2 };
        GeneratedImage picture = new(new Image(2, 2), 7, metadata);
        using MemoryStream stream = new();
        picture.Save(stream);
        CollectionAssert.AreEqual(picture.ToPng(), stream.ToArray());
        Assert.AreEqual(picture.Parameters, PngReader.Decode(picture.ToPng(), null).Text.Single().Text);
    }
}
