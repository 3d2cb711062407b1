using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>DeepCache and T-GATE against runs of their own code: the latents after every step.</summary>
[TestClass]
public sealed class CacheTrajectoryGoldenTests
{
    public static IEnumerable<object[]> Cases => [.. AccelerationCase.Names("deepcache", "trajectory"), .. AccelerationCase.Names("tgate", "trajectory")];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void EveryStepIsTheReferences(string method, string name)
    {
        AccelerationCase recorded = new(method, name);
        JsonElement p = recorded.Params;
        GoldenTensors tensors = recorded.Tensors;
        long[] shape = tensors.Shape("noise");
        Shape latents = new((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]);
        double guidance = p.GetProperty("guidance").GetDouble();
        int steps = p.GetProperty("steps").GetInt32();
        double rescale = p.TryGetProperty("guidance_rescale", out JsonElement r) ? r.GetDouble() : 0;
        SamplingProgram program = SamplerCatalogue.Plan(AcceleratedUNet.Ddim, new SamplingRequest { Steps = steps });
        CollectionAssert.AreEqual(tensors.Longs("timesteps").Select(t => (double)t).ToArray(), program.Evaluations.Select(e => e.Scalars.Timestep).ToArray());

        using AcceleratedUNet unet = new(recorded.Weights);
        AccelerationPlan plan = unet.Plan(new AccelerationPolicy(Technique(method, p, steps)), program, latents, guidance != 1);
        string[] sides = guidance == 1 ? ["positive"] : ["negative", "positive"];
        float[] context = [.. sides.SelectMany(tensors.Floats)];
        Dictionary<string, float[]> vectors = new[] { (Input: NetworkInputs.Pooled, Recorded: "pooled"), (Input: NetworkInputs.TimeIds, Recorded: "sizes") }.Where(one => tensors.Has($"positive.{one.Recorded}"))
            .ToDictionary(one => one.Input, one => (float[])[.. sides.SelectMany(side => tensors.Floats($"{side}.{one.Recorded}"))]);
        List<float[]> played = unet.Play(plan, program, latents, GridLayout.ChannelsLast(tensors.Floats("noise"), shape), context, sides.Length * latents.Batch, guidance, rescale, vectors);

        int[] recordedSteps = p.TryGetProperty("recorded_steps", out JsonElement list) ? [.. list.EnumerateArray().Select(i => i.GetInt32())] : [.. Enumerable.Range(0, steps)];
        float[] on = GridLayout.ChannelsLast(tensors.Floats("on"), [recordedSteps.Length * shape[0], .. shape[1..]]);
        int size = (int)latents.Count;
        for (int i = 0; i < recordedSteps.Length; i++)
        {
            double worst = on.AsSpan(i * size, size).ToArray().Zip(played[recordedSteps[i]], (a, b) => Math.Abs((double)a - b)).Max();
            Assert.IsLessThanOrEqualTo(recorded.Tolerance, worst, $"step {recordedSteps[i]}");
        }
    }

    private static ITechnique Technique(string method, JsonElement p, int steps)
    {
        int Whole(string name) => p.GetProperty(name).GetInt32();
        double Part(string name) => Math.Min(1, (double)Whole(name) / steps);
        return method == "deepcache"
            ? new DeepCache { Every = Whole("cache_interval"), Branch = Whole("cache_branch_id") }
            : new TGate { Gate = Part("gate_step"), WarmUp = Part("warm_up"), SelfEvery = Whole("sp_interval"), SelfEveryAfter = Whole("fi_interval") };
    }
}
