using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Same seed, same bits: in any batch, on any number of threads, beside any other request.</summary>
[TestClass]
public sealed class RepeatabilityGoldenTests
{
    [TestMethod]
    [DataRow("ddim", 4.0, NoiseKind.Cpu)]
    [DataRow("euler a", 1.0, NoiseKind.Cpu)]
    [DataRow("dpm++ 2m sde", 4.0, NoiseKind.Cuda)]
    public async Task PictureOfABatchIsThePictureOfItsSeedAlone(string sampler, double guidance, NoiseKind rng)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest request = TestModels.Small with { Sampler = sampler, CfgScale = guidance, Rng = rng, Steps = 3 };
        GenerationRequest three = request with { BatchCount = 3 };
        float[] batch = await pipeline.Latents(three);
        GenerationResult pictures = await pipeline.GenerateAsync(three);
        Assert.HasCount(3, pictures.Images);
        for (int i = 0; i < 3; i++)
        {
            GenerationRequest alone = request with { Seed = request.Seed + (ulong)i };
            float[] latents = await pipeline.Latents(alone);
            CollectionAssert.AreEqual(latents, batch.AsSpan(i * latents.Length, latents.Length).ToArray(), $"latents of picture {i}");
            CollectionAssert.AreEqual((await pipeline.Pixels(alone))[0], pictures.Images[i].Image.Pixels, $"picture {i}");
            Assert.AreEqual(alone.Seed, pictures.Images[i].Seed);
        }
    }

    [TestMethod]
    public async Task AnyNumberOfThreadsGivesTheSameBits()
    {
        GenerationRequest request = TestModels.Small with { Width = 72, Height = 104, BatchCount = 2 };
        List<float[]> latents = [];
        List<byte[]> pixels = [];
        for (int threads = 1; threads <= 3; threads++)
        {
            await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut, threads);
            latents.Add(await pipeline.Latents(request));
            pixels.Add((await pipeline.Pixels(request))[1]);
        }

        CollectionAssert.AreEqual(latents[0], latents[1], "2 threads");
        CollectionAssert.AreEqual(latents[0], latents[2], "3 threads");
        CollectionAssert.AreEqual(pixels[0], pixels[1], "2 threads");
        CollectionAssert.AreEqual(pixels[0], pixels[2], "3 threads");
    }

    [TestMethod]
    public async Task SixteenConcurrentRequestsGiveThePicturesTheyGiveAlone()
    {
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 16).Select(i => TestModels.Small with
            {
                Width = 64 + 8 * (i % 5),
                Height = 64 + 8 * (i % 3),
                Steps = 1 + i % 3,
                CfgScale = i % 4 == 0 ? 1 : 5,
                BatchCount = 1 + i % 2,
                Sampler = i % 2 == 0 ? "ddim" : "euler a",
                Prompt = i % 6 == 5 ? string.Join(' ', Enumerable.Repeat("a house", 60)) : $"a lake, {i} boats",
                InitImage = i % 7 == 6 ? new Image(64, 64) : null,
                Strength = 1,
                Seed = (ulong)i,
            }),
        ];
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        byte[][][] together = await Task.WhenAll(requests.Select(request => Task.Run(() => pipeline.Pixels(request))));

        await using DiffusionPipeline fresh = TestModels.Open(TestModels.Tiny);
        for (int i = requests.Length - 1; i >= 0; i--)
        {
            byte[][] alone = await fresh.Pixels(requests[i]);
            Assert.HasCount(alone.Length, together[i]);
            for (int image = 0; image < alone.Length; image++)
            {
                CollectionAssert.AreEqual(alone[image], together[i][image], $"request {i}, picture {image}");
            }
        }
    }

    [TestMethod]
    public async Task TwoPipelinesAtOnceGiveThePicturesTheyGiveAlone()
    {
        GenerationRequest request = TestModels.Small;
        byte[] tiny;
        byte[] papercut;
        await using (DiffusionPipeline first = TestModels.Open(TestModels.Tiny))
        {
            tiny = (await first.Pixels(request))[0];
        }

        await using (DiffusionPipeline second = TestModels.Open(TestModels.Papercut))
        {
            papercut = (await second.Pixels(request))[0];
        }

        await using DiffusionPipeline a = TestModels.Open(TestModels.Tiny);
        await using DiffusionPipeline b = TestModels.Open(TestModels.Papercut);
        byte[][][] pictures = await Task.WhenAll(a.Pixels(request), b.Pixels(request), a.Pixels(request), b.Pixels(request));
        CollectionAssert.AreEqual(tiny, pictures[0][0]);
        CollectionAssert.AreEqual(papercut, pictures[1][0]);
        CollectionAssert.AreEqual(tiny, pictures[2][0]);
        CollectionAssert.AreEqual(papercut, pictures[3][0]);
    }

    [TestMethod]
    public async Task ARandomSeedMakesItsPictureAgain()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GeneratedImage random = (await pipeline.GenerateAsync(TestModels.Small with { Seed = null })).Images[0];
        GeneratedImage other = (await pipeline.GenerateAsync(TestModels.Small with { Seed = null })).Images[0];
        Assert.AreNotEqual(random.Seed, other.Seed);
        CollectionAssert.AreEqual(random.Image.Pixels, (await pipeline.Pixels(TestModels.Small with { Seed = random.Seed }))[0]);
    }

    [TestMethod]
    public async Task TheLargestSeedWorksAndABatchBeyondItIsRefused()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest last = TestModels.Small with { Seed = ulong.MaxValue };
        Assert.AreEqual(ulong.MaxValue, (await pipeline.GenerateAsync(last)).Images[0].Seed);
        RequestException e = await Assert.ThrowsExactlyAsync<RequestException>(() => pipeline.GenerateAsync(last with { BatchCount = 2 }));
        Assert.Contains("seed", e.Message);
    }
}
