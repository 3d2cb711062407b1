using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Which layers the published forms of HyperTile and ToDo change, and when, against tables made with the methods' own code.</summary>
[TestClass]
public sealed class PublishedLayersGoldenTests
{
    // So small that no layer is left whole for want of a divisor.
    private const int SmallTile = 32;

    private const double TrainingSteps = 1000;

    private static JsonElement Layers => new AccelerationCase("hypertile", "layers").Table();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void HyperTileCutsTheRecordedLayersOfStableDiffusion1(int depth) =>
        CollectionAssert.AreEquivalent(Hooked("sd15/unet", depth), Cut("sd15.unet", depth));

    /// <summary>
    /// The original finds layers by the names that Stable Diffusion 1 has at a depth. Of XL it so takes the first block of each transformer alone, and on the way up and in the middle it takes layers for deeper than
    /// they are, or does not know them; here grids say how deep a layer lies.
    /// </summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void HyperTileCutsAllBlocksOfXlAtTheRecordedDepths(int depth)
    {
        string[] hooked = Hooked("sdxl/unet", depth), cut = Cut("sdxl.unet", depth);
        CollectionAssert.IsSubsetOf(hooked, cut);
        CollectionAssert.AreEquivalent(hooked.Where(IsDown).ToArray(), cut.Where(path => IsDown(path) && path.EndsWith(".transformer_blocks.0.attn1", StringComparison.Ordinal)).ToArray());

        static bool IsDown(string path) => path.StartsWith("down_blocks.", StringComparison.Ordinal);
    }

    [TestMethod]
    public void HyperTileCutsTheRecordedLayerOfTheAutoencoder()
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read("sd.vae");
        using (weights)
        {
            EvaluationPlan plan = new();
            Graph graph = new();
            AutoencoderKl.Read(config).Decode(new ModelBuilder(graph, weights, plan), graph.Input("latents", new Shape(1, 8, 8, 4), Stage.Request));
            for (int depth = 0; depth < 4; depth++)
            {
                CollectionAssert.AreEqual(Hooked("sd/vae", depth), plan.Sites.Select(site => site.Path).ToArray());
            }
        }
    }

    [TestMethod]
    public void TheSidesOfTilesAreThePublishedOnes()
    {
        int rows = 0;
        foreach (JsonElement row in Layers.GetProperty("min_side").EnumerateArray())
        {
            HyperTile settings = new() { Tile = row.GetProperty("tile_size").GetInt32(), Compat = true, ScaleDepth = row.GetProperty("scale_depth").GetBoolean() };
            if (settings.Tile < SmallTile)
            {
                // The original takes 32 in its place.
                StringAssert.Contains(Assert.ThrowsExactly<PolicyException>(settings.Check).Message, "hypertile.tile must be from 32 to");
                continue;
            }

            Assert.AreEqual(row.GetProperty("min_side").GetInt32(), settings.SideAt(row.GetProperty("depth").GetInt32(), pixelsPerPoint: 8), $"{settings}");
            rows++;
        }

        Assert.IsGreaterThan(50, rows);
    }

    /// <summary>Of the recorded rows those that downsample or do nothing; not those that merge by similarity, which is not offered, or throw.</summary>
    [TestMethod]
    public void ToDoMakesKeysCoarserWhereAndWhenTheOriginalDoes()
    {
        using AcceleratedUNet unet = new(new AccelerationCase("todo", "unet-f2-2").Weights);
        JsonElement table = new AccelerationCase("todo", "schedule").Table();
        string[] columns = [.. table.GetProperty("columns").EnumerateArray().Select(name => name.GetString()!)];
        Row[] rows = [.. table.GetProperty("rows").EnumerateArray().Select(row => new Row(columns, row)).Where(row => row.IsOffered)];
        int coarser = 0;
        foreach (IGrouping<(int, int, double, double, double, double), Row> run in rows.GroupBy(row => (row.Height, row.Width, row["threshold_switch"], row["threshold_stop"], row["downsample_factor"], row["downsample_factor_level_2"])))
        {
            (int height, int width, double switched, double stop, double first, double second) = run.Key;
            int[] times = [.. run.Select(row => row.Time).Distinct().OrderDescending()];

            // Time t of 1000 lies where 1000 − t of 1000 steps are done.
            Moment[] moments = [.. times.Select((time, e) => new Moment(e, (int)TrainingSteps - time, (int)TrainingSteps))];
            ToDo settings = new() { Factors = [first, second], Compat = true, End = (TrainingSteps - Math.Round(TrainingSteps * Math.Max(switched, stop))) / TrainingSteps };
            AccelerationPlan plan = AccelerationPlan.Make(new(settings), unet.Survey(height, width), moments, guided: true);
            foreach (Row row in run)
            {
                LayerSite site = plan.Sites.First(site => site.Kind == SiteKind.SelfAttention && site.Grid.Height * site.Grid.Width == row.Tokens);
                int keys = plan.KeysAt(Array.IndexOf(times, row.Time), site) ?? row.Tokens;
                Assert.AreEqual(row.Keys, keys, $"{row}");
                coarser += keys < row.Tokens ? 1 : 0;
            }
        }

        Assert.IsGreaterThan(300, coarser);
    }

    private static string[] Hooked(string network, int depth) =>
        [.. Layers.GetProperty("hooked").GetProperty($"{network}.max_depth.{depth}").EnumerateArray().Select(name => name.GetString()!)];

    private static string[] Cut(string network, int depth)
    {
        (ComponentConfig config, WeightStore weights) = PublishedNetwork.Read(network);
        using (weights)
        {
            UNet2DConditionModel unet = UNet2DConditionModel.Read(config);
            SiteSurvey survey = SiteSurvey.Of(plan => [unet.Build(new ModelBuilder(new Graph(), weights, plan), new Grid(64, 64))]);
            AccelerationPlan cut = AccelerationPlan.Make(new(new HyperTile { Tile = SmallTile, Compat = true, Depth = depth }), survey, [new Moment(0, 0, 1)], guided: true);
            return [.. cut.Sites.Where(site => cut[0][site].Attention is { Tiles: > 0 }).Select(site => site.Path)];
        }
    }

    private sealed class Row(string[] columns, JsonElement row)
    {
        public double this[string column] => Cell(column).GetDouble();

        public int Height => (int)this["latent_height"];

        public int Width => (int)this["latent_width"];

        public int Tokens => (int)this["tokens"];

        public int Keys => (int)this["key_tokens"];

        public int Time => (int)this["timestep"];

        // No step of a run begins at time 0, where the original does nothing.
        public bool IsOffered => Cell("merge_method").GetString() == "downsample" && Cell("secondary_merge_method").GetString() != "downsample" && Cell("action").GetString() is "downsample" or "none" && Time > 0;

        public override string ToString() => row.GetRawText();

        private JsonElement Cell(string column) => row[Array.IndexOf(columns, column)];
    }
}
