using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Attention methods through the whole pipeline, on the model that ships.</summary>
[TestClass]
public sealed class AttentionPolicyPapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Width = 160, Height = 128, Steps = 4 };

    private static readonly SharedPipelines<bool> Pipelines = new(onIlgpu => onIlgpu
        ? DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Device = () => GpuDevice.Open(GpuKind.IlgpuCpu), Type = ElementType.F32 })
        : TestModels.Open(TestModels.Papercut));

    private static readonly Lazy<Task<float[]>> Exact = new(() => Processor.Latents(Request));

    private static DiffusionPipeline Processor => Pipelines[false];

    public static IEnumerable<object[]> Policies =>
    [
        ["hypertile", new AccelerationPolicy(new HyperTile { Tile = 32 }), true],
        ["todo", new AccelerationPolicy(new ToDo { Factors = [2], Rotate = true }), true],
        ["hypertile and todo", new AccelerationPolicy(new HyperTile { Tile = 32 }, new ToDo { Factors = [2, 2] }), true],
        ["local and global", new AccelerationPolicy(new LocalGlobal { Tile = 32, Factor = 4 }), true],
        ["tome", new AccelerationPolicy(new ToMe { MaxDownsample = 8 }), false],
        ["deep shrink and hypertile", new AccelerationPolicy(new DeepShrink { End = 0.5 }, new HyperTile { Tile = 32 }), true],
        ["deepcache, hypertile and guidance", new AccelerationPolicy(new DeepCache { Every = 2 }, new HyperTile { Tile = 32 }, new Guidance { End = 0.6 }), true],
    ];

    [ClassCleanup]
    public static async Task Close() => await Pipelines.DisposeAsync();

    [TestMethod]
    [DynamicData(nameof(Policies))]
    public async Task PicturesChangeAreRepeatableAndDoNotDependOnTheirBatch(string name, AccelerationPolicy policy, bool sparesWork)
    {
        GenerationRequest accelerated = Request with { Policy = policy };
        float[] exact = await Exact.Value, one = await Processor.Latents(accelerated), two = await Processor.Latents(accelerated with { BatchCount = 2 });
        Assert.IsTrue(one.All(float.IsFinite), name);
        CollectionAssert.AreNotEqual(exact, one, name);
        CollectionAssert.AreEqual(one, two[..one.Length], $"{name}: a picture depends on its batch.");
        if (sparesWork)
        {
            Assert.IsLessThan(Processor.Explain(Request).Flops, Processor.Explain(accelerated).Flops, name);
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    [DataRow(4)]
    public async Task ADeviceOfIlgpuGivesTheSame(int policy)
    {
        GenerationRequest request = Request with { Steps = 1, CfgScale = 1, Policy = (AccelerationPolicy)Policies.ElementAt(policy)[1] };
        float[] expected = await Processor.Latents(request), actual = await Pipelines[true].Latents(request);
        Assert.IsLessThan(1e-3, expected.Zip(actual, (a, b) => Math.Abs(a - b) / (1 + Math.Abs(a))).Max());
    }
}
