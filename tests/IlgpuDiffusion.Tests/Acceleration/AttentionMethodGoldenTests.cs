using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>HyperTile, ToDo and ToMe on the recorded UNet, with what the recordings drew.</summary>
[TestClass]
public sealed class AttentionMethodGoldenTests
{
    // Of the recordings' networks; a tenth of what they ask for.
    private const double Bound = 2e-5;

    public static IEnumerable<object[]> HyperTiles => AccelerationCase.Names("hypertile", "unet-").Where(c => !((string)c[1]).Contains("transposed", StringComparison.Ordinal));

    public static IEnumerable<object[]> ToDos => AccelerationCase.Names("todo", "unet-").Where(c => !((string)c[1]).Contains("similarity", StringComparison.Ordinal) && !((string)c[1]).Contains("all", StringComparison.Ordinal) && !((string)c[1]).Contains("max_pool", StringComparison.Ordinal));

    public static IEnumerable<object[]> ToMes => AccelerationCase.Names("tome", "unet-").Where(c => !((string)c[1]).EndsWith("all", StringComparison.Ordinal));

    [TestMethod]
    [DynamicData(nameof(HyperTiles))]
    public void TilesAreThePublishedOnes(string method, string name)
    {
        AccelerationCase recorded = new(method, name);
        foreach (JsonElement call in recorded.Params.GetProperty("calls").EnumerateArray())
        {
            Dictionary<string, int[]> tiles = call.GetProperty("tiles").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(v => v.GetInt32()).ToArray());
            HyperTile settings = new()
            {
                Tile = recorded.Int("tile_size"),
                Sizes = recorded.Int("swap_size"),
                Compat = true,
                Depth = recorded.Int("max_depth"),
                ScaleDepth = recorded.Params.TryGetProperty("scale_depth", out JsonElement scaled) && scaled.GetBoolean(),
            };
            Compare(recorded, call.GetProperty("timestep").GetInt32(), new Drawn(settings, tiles), TestDevices.Cpu);
        }
    }

    [TestMethod]
    [DynamicData(nameof(ToDos))]
    public void CoarserKeysAreThePublishedOnes(string method, string name)
    {
        AccelerationCase recorded = new(method, name);
        foreach (int timestep in recorded.Params.GetProperty("timesteps").EnumerateArray().Select(t => t.GetInt32()))
        {
            double switchAt = Number(recorded, "timestep_threshold_switch"), stop = Number(recorded, "timestep_threshold_stop");
            bool on = timestep / 1000.0 > stop && timestep / 1000.0 > switchAt;
            ToDo settings = new()
            {
                Factors = [Number(recorded, "downsample_factor"), Number(recorded, "downsample_factor_level_2")],
                Compat = true,
                Method = recorded.Params.GetProperty("downsample_method").GetString() switch
                {
                    "nearest" => GridMethod.Nearest,
                    "nearest-exact" => GridMethod.NearestExact,
                    "bilinear" => GridMethod.Bilinear,
                    _ => GridMethod.Average,
                },
            };
            Compare(recorded, timestep, on ? settings : null, TestDevices.Cpu);
        }
    }

    [TestMethod]
    [DynamicData(nameof(ToMes))]
    public void TokensAreMergedAsPublished(string method, string name)
    {
        AccelerationCase recorded = new(method, name);
        GoldenTensors tensors = recorded.Tensors;
        ToMe settings = new() { Ratio = Number(recorded, "ratio"), MaxDownsample = recorded.Int("max_downsample"), CellWidth = recorded.Int("sx"), CellHeight = recorded.Int("sy"), Draw = false };
        Compare(recorded, 500, recorded.Params.GetProperty("use_rand").GetBoolean() ? new DrawnDestinations(settings, tensors) : settings, TestDevices.Cpu);
    }

    [TestMethod]
    [DataRow("hypertile", "unet-depth0")]
    [DataRow("todo", "unet-f3-2.bilinear")]
    [DataRow("tome", "unet-d1.50")]
    public void AllDevicesGiveTheSame(string method, string name)
    {
        AccelerationCase recorded = new(method, name);
        ITechnique technique = method switch
        {
            "hypertile" => new Drawn(new HyperTile { Tile = 32, Compat = true }, recorded.Params.GetProperty("calls")[0].GetProperty("tiles").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(v => v.GetInt32()).ToArray())),
            "todo" => new ToDo { Factors = [3, 2], Compat = true, Method = GridMethod.Bilinear },
            _ => new ToMe { Draw = false },
        };
        int timestep = method == "tome" ? 500 : 981;
        Compare(recorded, timestep, technique, TestDevices.Oracle);
        Compare(recorded, timestep, technique, TestDevices.IlgpuCpu);
    }

    private static double Number(AccelerationCase recorded, string name) => recorded.Params.GetProperty(name).GetDouble();

    private static void Compare(AccelerationCase recorded, int timestep, ITechnique? technique, string deviceName)
    {
        GoldenTensors tensors = recorded.Tensors;
        using Device device = TestDevices.Create(deviceName);
        float[] result = Evaluate(device, recorded.Weights, tensors, timestep, technique is null ? AccelerationPolicy.Exact : new AccelerationPolicy(technique));
        GoldenAssert.Close(tensors.Floats($"on.{timestep}"), GridLayout.ChannelsFirst(result, tensors.Shape("latent")), Bound, $"{deviceName} {recorded.Name} {timestep}");
        if (deviceName == TestDevices.Cpu)
        {
            float[] off = Evaluate(device, recorded.Weights, tensors, timestep, AccelerationPolicy.Exact);
            GoldenAssert.Close(tensors.Floats($"off.{timestep}"), GridLayout.ChannelsFirst(off, tensors.Shape("latent")), Bound, $"{deviceName} {recorded.Name} {timestep} without");
            bool same = tensors.Floats($"on.{timestep}").AsSpan().SequenceEqual(tensors.Floats($"off.{timestep}"));
            Assert.AreEqual(same, off.AsSpan().SequenceEqual(result), "What does nothing changes no bit.");
        }
    }

    private static float[] Evaluate(Device device, string folder, GoldenTensors tensors, int timestep, AccelerationPolicy policy)
    {
        using WeightStore weights = WeightStore.Open(folder);
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        long[] shape = tensors.Shape("latent"), text = tensors.Shape("context");
        Value Build(Graph graph, EvaluationPlan plan) => unet.Build(
            new ModelBuilder(graph, weights, plan),
            graph.Input("latents", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape((int)text[0], 1, (int)text[1], (int)text[2]), Stage.Request));
        AccelerationPlan plan = AccelerationPlan.Make(policy, SiteSurvey.Of(p => [Build(new Graph(), p)]), [new Moment(0, 0, 1)], guided: true);
        Value output = Build(new Graph(), new EvaluationPlan(plan[0]));
        Executable executable = Executable.Compile([new Variant(output)], device);
        using Residency residency = new(device);
        executable.Load(residency, new StoredWeights(weights));
        using Lane lane = new(device);
        using Run run = Run.Begin(executable, lane);
        run.Set<float>("latents", GridLayout.ChannelsLast(tensors.Floats("latent"), shape));
        run.Set<float>("time", [timestep]);
        run.Set<float>("text", tensors.Floats("context"));
        foreach (string name in plan.Numbers.Names.Where(run.Takes))
        {
            run.Set(name, plan.Numbers.Rows(name));
        }

        run.Evaluate();
        return run.Read();
    }

    /// <summary>HyperTile with the counts that the recording drew, which must be among those that we draw from.</summary>
    private sealed record Drawn(HyperTile Settings, Dictionary<string, int[]> Tiles) : ITechnique
    {
        public TechniquePhase Phase => TechniquePhase.Attention;

        public void Check() => Settings.Check();

        public void Plan(PlanDraft draft)
        {
            foreach (LayerSite site in draft.AttentionAt(0, SiteKind.SelfAttention))
            {
                if (!Tiles.TryGetValue(site.Path, out int[]? counts))
                {
                    Assert.IsNull(Settings.Choices(draft, site), $"'{site.Path}' is cut here and was not.");
                    continue;
                }

                Assert.IsTrue(counts[0] * counts[1] == 1 || Settings.Choices(draft, site) is not null, $"'{site.Path}' is whole here and was cut.");
                if (Settings.Choices(draft, site) is { } choices)
                {
                    Assert.IsTrue(Enumerable.Range(0, 200).Select(e => choices.Draw(new PlanRandom(1, e, site.Index))).Any(t => t.Rows.Length == counts[0] + 1 && t.Columns.Length == counts[1] + 1), $"{site.Path} draws {counts[0]} × {counts[1]}");
                    TileGrid tiles = new(AxisCuts.Even(site.Grid.Height, counts[0]), AxisCuts.Even(site.Grid.Width, counts[1]));
                    draft.Cut(0, site, tiles, choices.Most, choices.Keys);
                }
            }
        }
    }

    /// <summary>ToMe with the destinations that the recording drew.</summary>
    private sealed record DrawnDestinations(ToMe Settings, GoldenTensors Tensors) : ITechnique
    {
        public TechniquePhase Phase => TechniquePhase.Attention;

        public void Check() => Settings.Check();

        public void Plan(PlanDraft draft)
        {
            foreach (LayerSite site in draft.AttentionAt(0, SiteKind.SelfAttention))
            {
                string name = $"drawn.{site.Path[..^".attn1".Length]}";
                if (Tensors.Has(name))
                {
                    long[] drawn = Tensors.Longs(name);
                    int tokens = site.Grid.Height * site.Grid.Width;
                    draft.Merge(0, site, TokenCells.Destinations(site.Grid, Settings.CellHeight, Settings.CellWidth, cell => (int)drawn[cell]), Math.Min((int)(tokens * Settings.Ratio), tokens - drawn.Length));
                }
            }
        }
    }
}
