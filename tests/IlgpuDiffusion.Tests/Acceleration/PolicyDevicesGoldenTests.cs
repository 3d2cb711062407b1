using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Policies on other devices, on a recorded UNet: nothing is read that was not kept, and ILGPU's kernels give what the processor gives.</summary>
[TestClass]
public sealed class PolicyDevicesGoldenTests
{
    private static readonly Shape Latents = new(1, 8, 8, 4);

    public static IEnumerable<object[]> Policies =>
    [
        [new AccelerationPolicy(new DeepCache(), new Guidance { Start = 0.2, End = 0.8, Every = 2, After = GuidanceAfter.Hold }), 6],
        [new AccelerationPolicy(new TGate { Gate = 0.5, SelfEvery = 3, SelfEveryAfter = 2 }, new DeepCache { Every = 2, Branch = 3 }), 8],
        [new AccelerationPolicy(new Cache { Where = new BlockRange { From = 0.4, To = 0.6 }, When = new Cadence { Every = 2 }, How = new Taylor { Order = 2 } }, new Guidance { End = 0.6 }), 8],
        [new AccelerationPolicy(new Cache { Where = new WholePrediction(), When = new Listed { At = [0, 0.2, 0.5] }, How = new Chebyshev { Degree = 3 } }, new Guidance { Start = 0.4 }), 6],
        [new AccelerationPolicy(new Cache { Where = new AttentionOutput { Of = SiteKind.SelfAttention }, When = new Cadence { Every = 2 }, How = new Taylor(), Branches = BranchReduction.Mean }, new Guidance { End = 0.4, After = GuidanceAfter.Unconditional }), 6],
    ];

    [TestMethod]
    [DynamicData(nameof(Policies))]
    public void NothingIsReadThatWasNotKept(AccelerationPolicy policy, int steps)
    {
        float[] plain = Play(new CpuDevice(new CpuDeviceOptions { Threads = 2 }), policy, steps);
        CollectionAssert.AreEqual(plain, Play(new CheckedDevice(new CpuDevice(new CpuDeviceOptions { Threads = 2 })), policy, steps));
    }

    [TestMethod]
    public void IlgpuGivesWhatTheProcessorGives()
    {
        AccelerationPolicy policy = new(
            new DeepCache(), new Guidance { End = 0.5, After = GuidanceAfter.Hold }, new Cache { Where = new AttentionOutput(), When = new Cadence { Every = 4 }, How = new Chebyshev { Degree = 1 } });
        float[] expected = Play(new CpuDevice(new CpuDeviceOptions { Threads = 2 }), policy, 4);
        float[] actual = Play(GpuDevice.Open(GpuKind.IlgpuCpu), policy, 4);
        Assert.IsLessThan(1e-3, expected.Zip(actual, (a, b) => Math.Abs(a - b) / (1 + Math.Abs(a))).Max());
    }

    [TestMethod]
    [DataRow(ElementType.F16, "ilgpu", """{"version":1,"deepcache":{},"guidance":{"end":0.5,"after":"hold"},"todo":{"factors":[2,2]}}""")]
    [DataRow(ElementType.BF16, "ilgpu", """{"version":1,"cache":{"where":{"kind":"prediction"},"when":{"kind":"cadence","every":2},"how":{"kind":"taylor"}},"guidance":{"end":0.5},"hypertile":{"tile":32}}""")]
    [DataRow(ElementType.F16, "oracle", """{"version":1,"cache":{"where":{"kind":"blocks"},"when":{"kind":"cadence","every":2},"how":{"kind":"chebyshev"}},"todo":{"factors":[2,2],"method":"average"},"guidance":{"end":0.5}}""")]
    [DataRow(ElementType.BF16, "oracle", """{"version":1,"tgate":{"gate":0.5,"selfEvery":2},"localglobal":{"tile":32,"factor":2}}""")]
    public void ActivationsInSixteenBitsFollowThePolicyToo(ElementType type, string device, string json)
    {
        AccelerationPolicy policy = AccelerationPolicy.Parse(json);
        float[] wide = Play(new CpuDevice(new CpuDeviceOptions { Threads = 2 }), policy, 4);
        float[] narrow = Play(device == "oracle" ? new OracleDevice() : GpuDevice.Open(GpuKind.IlgpuCpu), policy, 4, type), exact = Play(new CpuDevice(new CpuDeviceOptions { Threads = 2 }), AccelerationPolicy.Exact, 4);

        // What types lose is little beside what the policy changes, and within their digits.
        Assert.IsLessThan(type == ElementType.F16 ? 0.01 : 0.06, Apart(wide, narrow));
        Assert.IsLessThan(Apart(wide, exact) / 2, Apart(wide, narrow));
    }

    // The root of the mean square of the difference over that of the values.
    private static double Apart(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum() / a.Sum(x => (double)x * x));

    private static float[] Play(Device device, AccelerationPolicy policy, int steps, ElementType type = ElementType.F32)
    {
        using AcceleratedUNet unet = new(new AccelerationCase("deepcache", "trajectory-n3-b0").Weights, device, type);
        SamplingProgram program = SamplerCatalogue.Plan(AcceleratedUNet.Ddim, new SamplingRequest { Steps = steps });
        AccelerationPlan plan = unet.Plan(policy, program, Latents, guided: true);
        Random random = new(5);
        float[] Numbers(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => (float)(2 * random.NextDouble()) - 1)];
        return unet.Play(plan, program, Latents, Numbers(Latents.Count), Numbers(2 * 7 * unet.TextChannels), 2, guidance: 4, rescale: 0.5)[^1];
    }
}
