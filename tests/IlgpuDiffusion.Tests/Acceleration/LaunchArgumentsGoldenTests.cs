using System.Reflection;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>A captured graph stays valid only if nothing that a kernel is given changes: what differs between evaluations of a variant must lie in memory.</summary>
[TestClass]
public sealed class LaunchArgumentsGoldenTests
{
    public static IEnumerable<object[]> Policies =>
    [
        [AccelerationPolicy.Exact],
        [new AccelerationPolicy(new DeepCache(), new Guidance { End = 0.6, After = GuidanceAfter.Hold })],
        [new AccelerationPolicy(new TGate { Gate = 0.5, SelfEvery = 2, SelfEveryAfter = 2 })],
        [new AccelerationPolicy(new Cache { Where = new BlockRange { From = 0.2 }, When = new Cadence { Every = 2 }, How = new Chebyshev { Degree = 2 } })],
        [new AccelerationPolicy(new Cache { Where = new WholePrediction(), When = new Uneven { Every = 2 }, How = new Taylor { Order = 2 } })],
        [new AccelerationPolicy(new HyperTile { Tile = 32, Sizes = 3 })],
        [new AccelerationPolicy(new ToDo { Factors = [2, 1.5], Rotate = true }, new HyperTile { Tile = 32 })],
        [new AccelerationPolicy(new ToMe { MaxDownsample = 2 }, new DeepCache { Every = 2, Branch = 6 })],
        [new AccelerationPolicy(new LocalGlobal { Tile = 32, Factor = 2 })],
        [new AccelerationPolicy(new DeepShrink { End = 0.5 }, new HyperTile { Tile = 32 }, new DeepCache { Every = 2, Branch = 3 })],
    ];

    [TestMethod]
    [DynamicData(nameof(Policies))]
    public void NoArgumentChangesBetweenEvaluationsOfAVariant(AccelerationPolicy policy)
    {
        List<(MethodInfo Kernel, object[] Arguments)> launched = [];
        GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { LeavesOutKernels = true, LeftOut = (kernel, arguments) => launched.Add((kernel, arguments)) });
        using AcceleratedUNet unet = new(new AccelerationCase("deepcache", "trajectory-n3-b0").Weights, device);
        Shape latents = new(1, 24, 16, 4);
        SamplingProgram program = SamplerCatalogue.Plan(AcceleratedUNet.Ddim, new SamplingRequest { Steps = 12 });
        AccelerationPlan plan = unet.Plan(policy, program, latents, guided: true);
        Shape text = new(2, 1, 7, unet.TextChannels);
        EvaluationKey key = AcceleratedUNet.Key(plan, latents, text, guided: true, rescale: true);
        Dictionary<string, HostTensor> conditioning = new() { [NetworkInputs.Context] = new HostTensor(text, new float[text.Count]) };
        Assert.IsTrue(policy.Techniques.Count == 0 || plan.Variants.Any(row => row.Sites.Any(site => site != default)), "the policy does something");
        using Run run = unet.Denoiser.Begin(key, program, plan, conditioning, 7, 7, 0.5, CancellationToken.None);
        run.Prepare();
        Dictionary<int, (MethodInfo Kernel, object[] Arguments)[]> first = [];
        for (int e = 0; e < plan.VariantOf.Count; e++)
        {
            launched.Clear();
            run.Evaluate(e, plan.VariantOf[e]);
            if (first.TryAdd(plan.VariantOf[e], [.. launched]))
            {
                continue;
            }

            (MethodInfo Kernel, object[] Arguments)[] expected = first[plan.VariantOf[e]];
            Assert.HasCount(expected.Length, launched);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i].Kernel, launched[i].Kernel);
                CollectionAssert.AreEqual(expected[i].Arguments, launched[i].Arguments, $"evaluation {e}, kernel {i}: {expected[i].Kernel.DeclaringType?.Name}");
            }
        }

        Assert.HasCount(plan.Variants.Count, first);
        Assert.IsTrue(first.Values.All(launches => launches.Length > 0));
        Assert.IsGreaterThan(first.Count, plan.VariantOf.Count, "some variant runs more than once");
    }
}
