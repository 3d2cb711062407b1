using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Image to image and inpainting through the public interface.</summary>
[TestClass]
public sealed class StartPicturePapercutTests
{
    private static readonly GenerationRequest Small = TestModels.Small with { Steps = 4 };

    [TestMethod]
    public async Task LessStrengthStaysNearerToThePicture()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        Image start = (await pipeline.GenerateAsync(Small with { Seed = 1, Prompt = "a desert at dawn" })).Images[0].Image;
        double[] psnr = new double[3];
        for (int i = 0; i < 3; i++)
        {
            List<GenerationProgress> progress = [];
            GenerationRequest request = Small with { InitImage = start, Strength = new[] { 0.25, 0.5, 1 }[i] };
            GeneratedImage made = (await pipeline.GenerateAsync(request, new Immediate<GenerationProgress>(progress.Add))).Images[0];
            Assert.HasCount(1 << i, progress);
            psnr[i] = ImageMetrics.Psnr(start, made.Image);
            Assert.AreEqual(request.Strength, made.Metadata.DenoisingStrength);
        }

        Console.WriteLine($"measured PSNR to the start: {string.Join(", ", psnr)} dB");
        Assert.IsGreaterThan(psnr[1], psnr[0]);
        Assert.IsGreaterThan(psnr[2], psnr[1]);
    }

    [TestMethod]
    public async Task OutsideTheMaskThePictureStays()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        Image start = (await pipeline.GenerateAsync(Small with { Seed = 1, Prompt = "a desert at dawn" })).Images[0].Image;
        Image mask = new(64, 64);
        for (int y = 0; y < 64; y++)
        {
            mask.Pixels.AsSpan((y * 64 + 32) * 3, 32 * 3).Fill(255);
        }

        Image made = (await pipeline.GenerateAsync(Small with { InitImage = start, Mask = mask, Strength = 1 })).Images[0].Image;
        double kept = Half(start, made, 0);
        double painted = Half(start, made, 40);
        Console.WriteLine($"measured PSNR: kept {kept} dB, painted {painted} dB");
        Assert.IsGreaterThan(painted + 6, kept);

        // Report 13: beyond the blurred border, 2.5 σ wide, the kept pixels are the start's own.
        Image plain = (await pipeline.GenerateAsync(Small with { InitImage = start, Mask = mask, Strength = 1, MaskBlur = null })).Images[0].Image;
        Image sharp = (await pipeline.GenerateAsync(Small with { InitImage = start, Mask = mask, Strength = 1, MaskBlur = 0 })).Images[0].Image;
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 64 * 3; x++)
            {
                int i = (y * 64 * 3) + x;
                if (x / 3 < 22)
                {
                    Assert.AreEqual(start.Pixels[i], made.Pixels[i]);
                }
                else if (x / 3 >= 42)
                {
                    Assert.AreEqual(plain.Pixels[i], made.Pixels[i]);
                }
                else
                {
                    Assert.IsTrue(made.Pixels[i] >= Math.Min(start.Pixels[i], plain.Pixels[i]) && made.Pixels[i] <= Math.Max(start.Pixels[i], plain.Pixels[i]));
                }

                Assert.AreEqual(x / 3 < 32 ? start.Pixels[i] : plain.Pixels[i], sharp.Pixels[i]);
            }
        }

        Assert.IsFalse(start.Pixels.AsSpan(0, 60).SequenceEqual(plain.Pixels.AsSpan(0, 60)), "without the overlay the autoencoder changes what is kept");
    }

    [TestMethod]
    public async Task APictureOfAnotherSizeIsFittedAndItsOwnSizeIsTheDefault()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Small with { InitImage = new Image(80, 48), Mask = new Image(33, 21), Steps = 2 };
        Image fitted = (await pipeline.GenerateAsync(request)).Images[0].Image;
        Assert.AreEqual((64, 64), (fitted.Width, fitted.Height));
        Image own = (await pipeline.GenerateAsync(request with { Width = null, Height = null })).Images[0].Image;
        Assert.AreEqual((80, 48), (own.Width, own.Height));
        RequestException e = await Assert.ThrowsExactlyAsync<RequestException>(() => pipeline.GenerateAsync(Small with { InitImage = new Image(81, 48), Width = null }));
        Assert.Contains("81", e.Message);
    }

    [TestMethod]
    public async Task PicturesOfABatchBeginAtTheSamePictureWithTheirOwnNoise()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        Image mask = new(64, 64);
        mask.Pixels.AsSpan(0, 64 * 32 * 3).Fill(255);
        GenerationRequest request = Small with { InitImage = new Image(64, 64), Mask = mask, Strength = 0.5, BatchCount = 2, Sampler = "euler a" };
        byte[][] batch = await pipeline.Pixels(request);
        for (int i = 0; i < 2; i++)
        {
            CollectionAssert.AreEqual((await pipeline.Pixels(request with { BatchCount = 1, Seed = Small.Seed + (ulong)i }))[0], batch[i]);
        }
    }

    // PSNR of the 24 columns from one on.
    private static double Half(Image a, Image b, int column)
    {
        static Image Cut(Image image, int column)
        {
            Image part = new(24, image.Height);
            for (int y = 0; y < image.Height; y++)
            {
                image.Pixels.AsSpan((y * image.Width + column) * 3, 24 * 3).CopyTo(part.Pixels.AsSpan(y * 24 * 3));
            }

            return part;
        }

        return ImageMetrics.Psnr(Cut(a, column), Cut(b, column));
    }
}
