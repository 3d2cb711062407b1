using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>What techniques promise on a transformer of two streams.</summary>
[TestClass]
public sealed class JointAttentionPromisesGoldenTests
{
    private const int Steps = 6;

    private static readonly Shape Latents = new(1, 12, 20, 16);
    private static readonly SamplingProgram Program = AcceleratedMmdit.Program(Steps);

    [TestMethod]
    public void NeutralSettingsChangeNoBit()
    {
        using AcceleratedMmdit mmdit = Open();
        float[] exact = Last(mmdit, AccelerationPolicy.Exact);
        CollectionAssert.AreEqual(exact, Last(mmdit, new AccelerationPolicy(new DiTCache { Computed = 2 }, new Guidance(), new ToDo { Factors = [1] })));
        CollectionAssert.AreEqual(exact, Last(mmdit, new AccelerationPolicy(new DiTCache { Start = 1 }, new Guidance { End = 1 }, new ToDo { Keys = 4096 })));
        CollectionAssert.AreNotEqual(exact, Last(mmdit, new AccelerationPolicy(new DiTCache { Start = 0.3 })));
        CollectionAssert.AreNotEqual(exact, Last(mmdit, new AccelerationPolicy(new ToDo { Factors = [1.5] })));
    }

    [TestMethod]
    public void PeriodsBeginWithWhatIsLeftOut()
    {
        bool[] Whole(int period, int computed, double start = 0.25) => new DiTCacheSchedule(new DiTCache { Period = period, Computed = computed, Start = start }).Computed([.. Enumerable.Range(0, 12).Select(i => new Moment(i, i, 12))]);
        Assert.AreEqual("+++-+-+-+-+-", Text(Whole(2, 1)));
        Assert.AreEqual("+++--+--+--+", Text(Whole(3, 1)));
        Assert.AreEqual("+++-++-++-++", Text(Whole(3, 2)));
        Assert.AreEqual("+++---------", Text(Whole(1, 0)));
        Assert.AreEqual("++++++++++++", Text(Whole(2, 1, start: 1)));
    }

    [TestMethod]
    public void WhatWasAddedMayBeForeseen()
    {
        using AcceleratedMmdit mmdit = Open();
        float[] exact = Last(mmdit, AccelerationPolicy.Exact), reuse = Last(mmdit, new AccelerationPolicy(new DiTCache { Start = 0.5 })), line = Last(mmdit, new AccelerationPolicy(new DiTCache { Start = 0.5, How = new Taylor() }));
        Assert.IsGreaterThan(0.0, Distance(reuse, line));
        Assert.IsLessThan(0.1, Distance(exact, reuse));
        Assert.IsLessThan(0.1, Distance(exact, line));
    }

    [TestMethod]
    public void ACoarserKeyWeighsAsMuchAsThoseItStandsFor()
    {
        // Where all of a picture's tokens are one, coarser keys change nothing, unless the text comes to weigh more.
        using WeightStore weights = WeightStore.Open(Golden.Find("acceleration/weights/sd3"));
        Random random = new(3);
        float[] token = Numbers(random, 32), text = Numbers(random, 7 * 32);
        float[] Attend(ToDo? technique)
        {
            (Value, Value?) Build(EvaluationPlan plan, Graph graph) => new JointAttention(4, NormsQueriesAndKeys: false, IsLast: false).Build(
                new ModelBuilder(graph, weights, plan)["transformer_blocks"][1]["attn"], graph.Input("image", new Shape(1, 7, 9, 32), Stage.Evaluation), graph.Input("text", new Shape(1, 1, 7, 32), Stage.Request));
            AccelerationPlan plan = AccelerationPlan.Make(
                technique is null ? AccelerationPolicy.Exact : new AccelerationPolicy(technique), SiteSurvey.Of(p => [Build(p, new Graph()).Item1]), [new Moment(0, 0, 1)], guided: false);
            (Value image, Value? ofText) = Build(new EvaluationPlan(plan[0]), new Graph());
            using Device device = TestDevices.Create();
            return [.. ModelRunner.Run(device, weights, [image, ofText!.Value], [.. plan.Numbers.Names.Select(name => (name, Data(plan, name))), ("image", Enumerable.Repeat(token, 63).SelectMany(t => t).ToArray()), ("text", text)]).SelectMany(x => x)];
        }

        float[] exact = Attend(null);
        GoldenAssert.Close(exact, Attend(new ToDo { Factors = [2], Method = GridMethod.Average }), 1e-6, "with its mass");
        Assert.IsGreaterThan(1e-4, Distance(exact, Attend(new ToDo { Factors = [2], Method = GridMethod.Average, Compat = true })), "without it the text weighs more");
    }

    [TestMethod]
    public void WhatKnowsOnlyAPicturesOwnAttentionIsRefused()
    {
        using AcceleratedMmdit mmdit = Open();
        foreach (ITechnique technique in (ITechnique[])[new HyperTile(), new ToMe(), new LocalGlobal()])
        {
            string message = Assert.ThrowsExactly<PolicyException>(() => mmdit.Plan(new AccelerationPolicy(technique), Program, Latents)).Message;
            StringAssert.Contains(message, "picture and text attend to both together", StringComparison.Ordinal);
        }

        StringAssert.Contains(Assert.ThrowsExactly<PolicyException>(() => mmdit.Plan(new AccelerationPolicy(new DeepCache()), Program, Latents)).Message, "Take a cache of blocks", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ScalesAndShiftsAreComputedBeforeTheLoop()
    {
        using AcceleratedMmdit mmdit = Open();
        EvaluationKey key = new(1, 12, 20, 2, new(new InputShape(NetworkInputs.Context, new Shape(2, 1, 30, 64)), new InputShape(NetworkInputs.Pooled, new Shape(2, 1, 1, 36))), Steps, Rescale: false, new(RowStructure.Neutral));
        Executable executable = mmdit.Denoiser.Executable(key);
        string[] PathsOf(Predicate<ProgramReport> which) => [.. executable.Programs.Where(program => which(program)).SelectMany(program => program.Launches).Where(launch => launch.Operation is Linear).Select(launch => launch.Path)];
        string[] loop = PathsOf(program => program.Variant is not null), before = PathsOf(program => program.Variant is null);
        Assert.IsFalse(loop.Any(path => path.Contains("norm", StringComparison.Ordinal) || path.Contains("time_text_embed", StringComparison.Ordinal)), string.Join('\n', loop));
        Assert.AreEqual(4 * 2, before.Count(path => path.Contains("norm1", StringComparison.Ordinal)));

        // Token by token nothing is kept for every evaluation.
        Assert.IsTrue(loop.Any(path => path.Contains("transformer_blocks.0.attn.add_k_proj", StringComparison.Ordinal)), string.Join('\n', loop));
        Assert.IsTrue(before.Contains("context_embedder"), string.Join('\n', before));
    }

    private static AcceleratedMmdit Open() => new(Golden.Find("acceleration/weights/sd3"));

    private static float[] Last(AcceleratedMmdit mmdit, AccelerationPolicy policy)
    {
        Random random = new(1);
        return mmdit.Play(mmdit.Plan(policy, Program, Latents), Program, Latents, Numbers(random, (int)Latents.Count), Numbers(random, 2 * 20 * 64), Numbers(random, 2 * 36), 2, 4)[^1];
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];

    private static Array Data(AccelerationPlan plan, string name) => name.Contains("mass", StringComparison.Ordinal) || name.Contains("weights", StringComparison.Ordinal) ? plan.Numbers.Row<float>(name, 0).ToArray() : plan.Numbers.Row<int>(name, 0).ToArray();

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * (x - y)).Sum() / a.Sum(x => (double)x * x));

    private static string Text(bool[] whole) => string.Concat(whole.Select(computes => computes ? '+' : '-'));
}
