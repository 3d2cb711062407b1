using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>A model that takes over on the way: one that takes over from itself changes nothing.</summary>
[TestClass]
public sealed class RefinerHandoverGoldenTests
{
    private static readonly string Model = Golden.Find("models/sdxl");
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 5 };

    [TestMethod]
    [DataRow("euler", 0.8)]
    [DataRow("euler_a", 0.5)]
    [DataRow("heun", 0.7)]
    [DataRow("dpmpp_2m", 0.6)]
    public async Task TakingOverFromItselfChangesNoBit(string sampler, double start)
    {
        await using DiffusionPipeline alone = TestModels.Open(Model), both = Open(Model);
        GenerationRequest request = Request with { Sampler = sampler, RefinerStart = start };
        CollectionAssert.AreEqual(await alone.Latents(request), await both.Latents(request));
        GenerationRequest changing = request with { Prompt = "a [red:blue:0.5] house [by day:at night:0.9]", BatchCount = 2, BatchSize = 1 };
        byte[][] expected = await alone.Pixels(changing), pixels = await both.Pixels(changing);
        CollectionAssert.AreEqual(expected[0], pixels[0]);
        CollectionAssert.AreEqual(expected[1], pixels[1]);
    }

    [TestMethod]
    public async Task TheSharesAreDiffusers()
    {
        // Euler, leading, 5 steps of 1000: 801, 601, 401, 201, 1; the refiner has those below 1000 (1 - start).
        await using DiffusionPipeline both = Open(Model);
        foreach ((double start, int own) in ((double, int)[])[(0.8, 4), (0.6, 3), (0.79, 3), (1, 5)])
        {
            Explanation e = both.Explain(Request with { RefinerStart = start });
            int[] runs = [.. e.Components.Where(component => component.VariantOf.Count > 0).Select(component => component.VariantOf.Count)];
            CollectionAssert.AreEqual(own == 5 ? new[] { 5 } : new[] { own, 5 - own }, runs, $"{start}");
            Assert.AreEqual(5, e.Evaluations);
        }
    }

    [TestMethod]
    public async Task BudgetsAndWarningsKnowBoth()
    {
        await using DiffusionPipeline both = Open(Model);
        GenerationRequest request = Request with { Steps = 20, RefinerStart = 0.5 };
        Explanation exact = both.Explain(request), chosen = both.Explain(request with { Budget = AccelerationBudget.Times(1.5) });
        Assert.AreEqual(exact.Expected.Total.TotalSeconds, chosen.Choice!.ExactSeconds, 1e-3 * chosen.Choice.ExactSeconds);
        Assert.AreEqual(chosen.Expected.Total.TotalSeconds, chosen.Choice.Seconds, 1e-3 * chosen.Choice.Seconds);

        Guidance late = new() { End = 0.75 };
        Assert.IsFalse(Idle(both.Explain(request with { Policy = new(late) })), "the refiner's evaluations change");
        Assert.IsTrue(Idle(both.Explain(request with { Policy = new(new Guidance { End = 0.99 }) })));

        static bool Idle(Explanation e) => e.Warnings.Any(warning => warning.Contains("changes nothing here", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task PicturesSayItAndTechniquesRunInBoth()
    {
        await using DiffusionPipeline alone = TestModels.Open(Model), both = Open(Model);
        GeneratedImage image = (await both.GenerateAsync(Request)).Images.Single();
        StringAssert.Contains(image.Parameters, "Refiner: sdxl, Refiner switch at: 0.8");
        GenerationRequest cached = Request with { Steps = 8, RefinerStart = 0.5, Policy = new(new DeepCache { Every = 2 }) };
        CollectionAssert.AreEqual(await alone.Latents(cached), await both.Latents(cached), "the first evaluation that takes over is one that computes");
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => both.Explain(Request with { Policy = new(new TGate()) })).Message, "'tgate' keeps what the text said");
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => both.Explain(Request with { RefinerStart = 0 })).Message, "refiner start must be above 0");
    }

    [TestMethod]
    public async Task WhereOneComponentIsHeldTheFirstNetworkLeaves()
    {
        WatchedDevice device = new();
        using DeviceHost host = new(device);
        await using DiffusionPipeline together = Open(Model), apart = DiffusionPipeline.Open(Model, new PipelineOptions { Host = host, Refiner = Model, Offload = true });
        Explanation all = together.Explain(Request), one = apart.Explain(Request);
        long most = 0;
        device.Copying = () => most = Math.Max(most, device.LiveFor("weights"));
        CollectionAssert.AreEqual((await together.Pixels(Request))[0], (await apart.Pixels(Request))[0]);

        // Prepared weights are what the device is asked for; both networks' together would be twice the largest component's.
        long[] prepared = [.. one.Components.Where(component => component.VariantOf.Count > 0).Select(component => component.Executable.Memory.Prepared)];
        Assert.HasCount(2, prepared);
        Assert.IsLessThanOrEqualTo(prepared.Max() + (prepared.Max() / 4), most, $"{most} of {string.Join(", ", prepared)}");
        Assert.IsLessThan(all.PeakBytes - prepared.Min(), one.PeakBytes);
    }

    [TestMethod]
    public void AModelOfOtherLatentsIsRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => Open(Golden.Find("models/sd15"))).Message, "cannot take over from 'sdxl'");

    private static DiffusionPipeline Open(string refiner) => DiffusionPipeline.Open(Model, new PipelineOptions { Threads = 2, Refiner = refiner });
}
