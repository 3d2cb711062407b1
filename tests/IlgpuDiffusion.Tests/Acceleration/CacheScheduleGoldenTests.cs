using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Which evaluations compute what, against tables made with the methods' own code.</summary>
[TestClass]
public sealed class CacheScheduleGoldenTests
{
    private static readonly Shape Latents = new(1, 16, 24, 4);

    [TestMethod]
    public void DeepCacheRunsWholeWhereTheReferenceDoes()
    {
        using AcceleratedUNet unet = new(new AccelerationCase("deepcache", "trajectory-n3-b0").Weights);
        foreach (JsonProperty row in new AccelerationCase("deepcache", "schedule").Table().GetProperty("full_or_reuse").EnumerateObject())
        {
            int[] numbers = [.. row.Name.Split('.').Where((_, i) => i % 2 == 1).Select(int.Parse)];
            (int interval, int steps, int start) = (numbers[0], numbers[1], numbers[2]);
            Moment[] moments = [.. Enumerable.Range(0, steps - start).Select(e => new Moment(e, e + start, steps))];
            AccelerationPlan plan = AccelerationPlan.Make(new(new DeepCache { Every = interval }), unet.Survey(16, 24), moments, guided: true);
            Assert.AreEqual(row.Value.GetString(), string.Concat(moments.Select((_, e) => plan[e].Sites.Any(site => site.Action == SiteAction.Recall) ? 'S' : 'F')), row.Name);
        }
    }

    [TestMethod]
    public void DeepCacheRunsTheLayersThatTheReferenceRuns()
    {
        JsonElement table = new AccelerationCase("deepcache", "schedule").Table();
        string[] all = [.. table.GetProperty("all_blocks").EnumerateArray().Select(name => name.GetString()!).Where(name => name != "mid_block")];
        using AcceleratedUNet unet = new(new AccelerationCase("deepcache", "trajectory-n3-b0").Weights);
        SamplingProgram program = SamplerCatalogue.Plan(AcceleratedUNet.Ddim, new SamplingRequest { Steps = 3 });
        foreach (JsonProperty row in table.GetProperty("executed_on_reuse_by_branch").EnumerateObject())
        {
            AccelerationPlan plan = unet.Plan(new(new DeepCache { Branch = int.Parse(row.Name) }), program, Latents, guided: true);
            Assert.HasCount(2, plan.Variants);
            Executable executable = unet.Denoiser.Executable(AcceleratedUNet.Key(plan, Latents, new Shape(2, 1, 77, unet.TextChannels), guided: true, rescale: false));
            string[] launched = [.. executable.Programs.Single(p => p.Variant == plan.VariantOf[1]).Launches.Select(launch => launch.Path)];
            string[] executed = [.. all.Where(block => launched.Any(path => path.StartsWith(block + ".", StringComparison.Ordinal)))];
            CollectionAssert.AreEqual(row.Value.EnumerateArray().Select(name => name.GetString()).ToArray(), executed, $"branch {row.Name}");
        }
    }

    [TestMethod]
    public void TheUnevenScheduleIsThePapers()
    {
        foreach (JsonElement row in new AccelerationCase("deepcache", "schedule").Table().GetProperty("nonuniform").EnumerateArray())
        {
            JsonElement centered = row.GetProperty("centered");
            (int total, int count, int center) = (row.GetProperty("total").GetInt32(), row.GetProperty("count").GetInt32(), row.GetProperty("center").GetInt32());
            Uneven schedule = new() { Every = (double)total / count, Center = (double)center / total, Power = row.GetProperty("power").GetDouble() };
            bool[] computed = schedule.Computed([.. Enumerable.Range(0, total).Select(e => new Moment(e, e, total))]);
            CollectionAssert.AreEqual(centered.GetProperty("steps").EnumerateArray().Select(step => step.GetInt32()).ToArray(), Enumerable.Range(0, total).Where(e => computed[e]).ToArray());
        }
    }

    [TestMethod]
    public void TGateComputesWhereTheReferenceDoes()
    {
        using AcceleratedUNet unet = new(new AccelerationCase("deepcache", "trajectory-n3-b0").Weights);
        foreach (JsonElement row in new AccelerationCase("tgate", "schedule").Table().GetProperty("rows").EnumerateArray())
        {
            int Whole(string name) => row.GetProperty(name).GetInt32();
            int steps = Whole("steps");
            double Part(string name) => Math.Min(1, (double)Whole(name) / steps);
            TGate gate = new() { Gate = Part("gate_step"), WarmUp = Part("warm_up"), SelfEvery = Whole("sp_interval"), SelfEveryAfter = Whole("fi_interval") };
            Moment[] moments = [.. Enumerable.Range(0, steps).Select(e => new Moment(e, e, steps))];
            AccelerationPlan plan = AccelerationPlan.Make(new(gate), unet.Survey(16, 24), moments, guided: true);
            string name = row.GetProperty("name").GetString()!;
            Assert.AreEqual(row.GetProperty("rows_per_image").GetString(), string.Concat(moments.Select((_, e) => plan[e].BranchCount)), name);

            // The reference also keeps what is never read again.
            Assert.AreEqual(Reused(row, "cross"), Reused(plan, SiteKind.CrossAttention), name);
            Assert.AreEqual(Reused(row, "self"), Reused(plan, SiteKind.SelfAttention), name);
            int last = Array.FindLastIndex(moments, moment => plan[moment.Evaluation].BranchCount == 2);
            Assert.AreEqual(row.GetProperty("averaged").GetString()!.IndexOf('A', StringComparison.Ordinal), last == steps - 1 ? -1 : last, name);
            LayerSite cross = plan.Sites.First(site => site.Kind == SiteKind.CrossAttention);
            Assert.AreEqual(last != steps - 1, plan[last][cross] is { Action: SiteAction.Keep, Held: Branches.Unconditional, Reduction: BranchReduction.Mean }, name);
        }
    }

    private static string Reused(JsonElement row, string kind) => string.Concat(row.GetProperty(kind).GetString()!.Select(letter => letter == 'R' ? 'R' : '.'));

    private static string Reused(AccelerationPlan plan, SiteKind kind)
    {
        LayerSite[] sites = [.. plan.Sites.Where(site => site.Kind == kind)];
        return string.Concat(plan.VariantOf.Select((_, e) => sites.All(site => plan[e][site].Action == SiteAction.Recall) ? 'R' : sites.Any(site => plan[e][site].Action == SiteAction.Recall) ? '?' : '.'));
    }
}
