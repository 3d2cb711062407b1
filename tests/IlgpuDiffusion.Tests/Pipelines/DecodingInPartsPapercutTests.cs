using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Requests whose pictures are decoded in parts.</summary>
[TestClass]
public sealed class DecodingInPartsPapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 1, Width = 256, Height = 192 };

    [TestMethod]
    public async Task AskedForTheyTakeNoMoreThanPaintingAndAreTheSame()
    {
        WatchedDevice device = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions(), () => device);
        GenerationRequest tiled = Request with { VaeTiling = true, BatchCount = 2, BatchSize = 1 };
        Explanation atOnce = pipeline.Explain(Request with { VaeTiling = false }), inParts = pipeline.Explain(tiled);
        Assert.IsNull(atOnce.Decoding);
        DecodingExplanation decoding = inParts.Decoding!;
        Assert.IsGreaterThan(1, decoding.TilesOfParts.Max());
        Assert.IsLessThan(atOnce.ArenaBytes, inParts.ArenaBytes);
        Assert.IsLessThanOrEqualTo(inParts.ArenaBytes, decoding.Bytes);
        Same(await pipeline.Pixels(Request with { BatchCount = 2 }), await pipeline.Pixels(tiled));

        // The weights are there; what is taken now is what was foretold.
        device.ForgetMost();
        long before = device.LiveFor("activations");
        await pipeline.GenerateAsync(tiled);
        Assert.IsLessThanOrEqualTo(inParts.ArenaBytes + inParts.RunBytes + (1 << 20), device.Most - device.LiveFor("weights") - Math.Max(0, before - inParts.ArenaBytes));
    }

    [TestMethod]
    public async Task MemoryDecides()
    {
        await using DiffusionPipeline all = TestModels.Open(TestModels.Papercut);
        Explanation free = all.Explain(Request);
        Assert.IsNull(free.Decoding, "there is memory enough");
        long limit = free.PreparedWeightBytes + (free.ArenaBytes * 3 / 4);
        await using DiffusionPipeline tight = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, MemoryLimit = limit });
        Assert.IsNotNull(tight.Explain(Request).Decoding);
        Same(await all.Pixels(Request), await tight.Pixels(Request));

        // At once it fits with fewer weights held at a time, until its activations alone do not.
        Same(await all.Pixels(Request), await tight.Pixels(Request with { VaeTiling = false }));
        await using DiffusionPipeline tighter = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, MemoryLimit = free.ArenaBytes + (1 << 20) });
        DeviceMemoryException e = await Assert.ThrowsExactlyAsync<DeviceMemoryException>(() => tighter.GenerateAsync(Request with { VaeTiling = false }));
        Assert.Contains("decoding in parts", e.Message);
    }

    [TestMethod]
    public async Task PreviewsAreDecodedSoTooBetweenSteps()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Request with { Steps = 4, VaeTiling = true, PreviewInterval = 1 };
        List<byte[]> previews = [], pictures = [];
        await foreach (GenerationEvent e in pipeline.StreamAsync(request))
        {
            switch (e)
            {
                case PreviewEvent preview:
                    previews.Add(preview.Image.Pixels);
                    break;
                case PictureEvent picture:
                    pictures.Add(picture.Picture.Image.Pixels);
                    break;
            }
        }

        Assert.HasCount(3, previews);
        Same(await pipeline.Pixels(request with { VaeTiling = false, PreviewInterval = 0 }), pictures);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task TilesOfItsAttentionAreThoseOfDecodingAtOnce(bool compat)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Request with { Policy = new AccelerationPolicy(new HyperTile { Tile = 4096, VaeTile = 64, Compat = compat }) };
        byte[][] tiles = await pipeline.Pixels(request);
        Same(tiles, await pipeline.Pixels(request with { VaeTiling = true }));
        CollectionAssert.AreNotEqual((await pipeline.Pixels(Request))[0], tiles[0]);
    }

    [TestMethod]
    public async Task OnIlgpuWithNarrowActivationsTheyAreTheSame()
    {
        GenerationRequest request = TestModels.Small with { Steps = 1, CfgScale = 1 };
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Type = ElementType.F16, Device = () => GpuDevice.Open(GpuKind.IlgpuCpu) });
        Same(await pipeline.Pixels(request), await pipeline.Pixels(request with { VaeTiling = true }), most: 3, share: 0.1);
    }

    // A value at the border between two of 256 levels may fall to either side.
    private static void Same(byte[][] expected, IReadOnlyList<byte[]> actual, int most = 1, double share = 0.01)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i].Length, actual[i].Length);
            int[] differences = [.. expected[i].Zip(actual[i], (a, b) => Math.Abs(a - b))];
            Assert.IsLessThanOrEqualTo(most, differences.Max());
            Assert.IsLessThan(share * differences.Length, differences.Count(d => d > 0));
        }
    }
}
