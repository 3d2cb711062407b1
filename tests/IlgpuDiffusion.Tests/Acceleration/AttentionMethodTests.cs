using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class AttentionMethodTests
{
    private static readonly Moment[] Moments = [.. Enumerable.Range(0, 6).Select(i => new Moment(i, i, 6))];

    [TestMethod]
    public void SettingsThatDoNothingAreTheNeutralStructure()
    {
        ITechnique[] neutral =
        [
            new HyperTile { Tile = 512 }, new HyperTile { Tile = 2048, Compat = true }, new ToDo(), new ToDo { Factors = [1, 1] }, new ToMe { Ratio = 0 }, new DeepShrink { Factor = 1, End = 1 },
            new LocalGlobal { Tile = 1024 },
        ];
        foreach (ITechnique technique in neutral)
        {
            AccelerationPlan plan = Plan(technique);
            Assert.AreEqual(RowStructure.Neutral, plan.Variants.Single(), technique.ToString());
        }
    }

    [TestMethod]
    public void EvaluationsOfOneTechniqueShareAVariantAndDrawTheirOwnTiles()
    {
        AccelerationPlan plan = Plan(new HyperTile { Tile = 32 }, new ToDo { Factors = [2], Rotate = true });
        Assert.HasCount(1, plan.Variants);
        LayerSite site = plan.Sites.First(s => s.Kind == SiteKind.SelfAttention && plan[0][s].Attention is not null);
        string[] tiles = [.. Moments.Select(m => string.Join(',', plan.Numbers.Row<int>(EvaluationPlan.GridInput(site, AttentionForm.TileBounds), m.Evaluation).ToArray()))];
        Assert.IsGreaterThan(1, tiles.Distinct().Count());
        AccelerationPlan again = Plan(new HyperTile { Tile = 32 }, new ToDo { Factors = [2], Rotate = true });
        foreach (string name in plan.Numbers.Names)
        {
            Assert.IsTrue(plan.Numbers.Rows(name).SequenceEqual(again.Numbers.Rows(name)), name);
        }
    }

    [TestMethod]
    [DataRow(4096L, 1)]
    [DataRow(4097L, 2)]
    [DataRow(16384L, 2)]
    [DataRow(36864L, 3)]
    [DataRow(65536L, 4)]
    public void TheFactorOfToDoFollowsTheNumberOfKeys(long keys, int factor) => Assert.AreEqual(factor, ToDo.FactorFor(keys, 4096));

    [TestMethod]
    public void AnEvaluationOutsideTheWindowIsWhole()
    {
        AccelerationPlan plan = Plan(new HyperTile { Tile = 32, Start = 0.5 }, new DeepShrink { Depth = 1, End = 0.5 });
        LayerSite attention = plan.Sites.First(s => s.Kind == SiteKind.SelfAttention), level = plan.Sites.Where(s => s.Kind == SiteKind.Level).ElementAt(1);
        for (int e = 0; e < 6; e++)
        {
            Assert.AreEqual(e >= 3, plan[e][attention].Attention is not null);
            Assert.AreEqual(e < 3, plan[e][level].Resize is not null);
        }
    }

    [TestMethod]
    public void TechniquesThatDecideTheSameAreRefusedByName()
    {
        foreach ((ITechnique first, ITechnique second) in new (ITechnique, ITechnique)[]
        {
            (new ToMe(), new HyperTile()), (new ToMe(), new ToDo()), (new ToMe(), new LocalGlobal()), (new LocalGlobal(), new HyperTile()), (new LocalGlobal(), new ToDo()),
            (new DeepShrink(), new DeepShrink()), (new DeepShrink { End = 0.6 }, new TGate()), (new HyperTile(), new HyperTile()),
        })
        {
            PolicyException e = Assert.ThrowsExactly<PolicyException>(() => new AccelerationPolicy(first, second).Check());
            Assert.Contains($"'{TechniqueCatalogue.NameOf(first)}'", e.Message);
            Assert.Contains($"'{TechniqueCatalogue.NameOf(second)}'", e.Message);
        }
    }

    [TestMethod]
    public void SettingsOutOfRangeAreNamed()
    {
        foreach ((ITechnique technique, string name) in new (ITechnique, string)[]
        {
            (new HyperTile { Tile = 8 }, "hypertile.tile"), (new HyperTile { Sizes = 0 }, "hypertile.sizes"), (new HyperTile { Depth = 1 }, "hypertile.compat"), (new HyperTile { End = 2 }, "hypertile.end"),
            (new ToDo { Factors = [0.5] }, "todo.factors"), (new ToDo { Keys = 1 }, "todo.keys"), (new ToDo { Rotate = true, Method = GridMethod.Bilinear }, "todo.rotate"),
            (new ToMe { Ratio = 1.5 }, "tome.ratio"), (new ToMe { MaxDownsample = 3 }, "tome.maxDownsample"), (new LocalGlobal { Factor = 0 }, "localglobal.factor"), (new DeepShrink { Factor = 0.5 }, "deepshrink.factor"),
        })
        {
            Assert.Contains(name, Assert.ThrowsExactly<PolicyException>(technique.Check).Message);
        }

        Assert.Contains("depths 0, 1, 2, 3", Assert.ThrowsExactly<PolicyException>(() => Plan(new DeepShrink { Depth = 7 })).Message);
    }

    /// <summary>Against loops over all points: own tile as it is, coarse points that stand for others with their mass.</summary>
    [TestMethod]
    [DataRow(GridMethod.NearestExact)]
    [DataRow(GridMethod.Average)]
    public void LocalAndGlobalKeysAreOneSoftmaxWithoutDuplicates(GridMethod method)
    {
        (int height, int width, int channels) = (6, 8, 4);
        TileGrid tiles = new([0, 3, 6], [0, 5, 8]);
        KeyTaps taps = KeyTaps.Of(method, new Grid(height, width), new Grid(3, 4));
        Graph graph = new();
        Value x = graph.Input("x", new Shape(1, height, width, channels), Stage.Evaluation);
        AttentionForm form = new() { Tiles = tiles.Count, Keys = taps.Form, BesideOwn = true };
        EvaluationPlan plan = new(new RowStructure(Sites: new EquatableArray<SiteDecision>(new SiteDecision { Attention = form })));
        LayerSite site = plan.Site(SiteKind.SelfAttention, "attn1", x);
        Value y = x.Attention(plan.Keys(site, x, k => (k, k)), 1, plan.QueryBounds(site));
        float[] numbers = Operand.Random(new Shape(1, height, width, channels), 3).Floats.ToArray();
        int[] rows = taps.Rows.StandsFor(height), columns = taps.Columns.StandsFor(width);
        string Name(string name) => EvaluationPlan.GridInput(site, name);
        float[] result = ModelRunner.Run(
            TestDevices.Create(), null, [y], ("x", numbers),
            (Name(AttentionForm.TileBounds), tiles.Rectangles(4)), (Name(AttentionForm.KeyBounds), tiles.StandingFor(rows, columns, 4)), (Name(AttentionForm.KeyMass), new[] { (float)Math.Log(taps.Mass) }),
            (Name(AttentionForm.KeyRows), taps.Rows.Points), (Name(EvaluationPlan.TapWeights(AttentionForm.KeyRows)), taps.Rows.Weights),
            (Name(AttentionForm.KeyColumns), taps.Columns.Points), (Name(EvaluationPlan.TapWeights(AttentionForm.KeyColumns)), taps.Columns.Weights))[0];

        double[] Point(int i, int j) => [.. Enumerable.Range(0, channels).Select(c => (double)numbers[(((i * width) + j) * channels) + c])];
        double[] Coarse(int i, int j) => [.. Enumerable.Range(0, channels).Select(c => (
            from k in Enumerable.Range(0, taps.Rows.Taps)
            from l in Enumerable.Range(0, taps.Columns.Taps)
            select taps.Rows.Weights[(i * taps.Rows.Taps) + k] * taps.Columns.Weights[(j * taps.Columns.Taps) + l] * Point(taps.Rows.Points[(i * taps.Rows.Taps) + k], taps.Columns.Points[(j * taps.Columns.Taps) + l])[c]).Sum())];
        (int, int) TileOf(int i, int j) => (tiles.Rows.Count(line => line <= i), tiles.Columns.Count(line => line <= j));
        for (int token = 0; token < height * width; token++)
        {
            (int qi, int qj) = (token / width, token % width);
            List<(double Weight, double[] Key)> keys = [];
            for (int i = 0; i < height; i++)
            {
                keys.AddRange(Enumerable.Range(0, width).Where(j => TileOf(i, j) == TileOf(qi, qj)).Select(j => (1.0, Point(i, j))));
            }

            for (int i = 0; i < 3; i++)
            {
                keys.AddRange(Enumerable.Range(0, 4).Where(j => TileOf(rows[i], columns[j]) != TileOf(qi, qj)).Select(j => (4.0, Coarse(i, j))));
            }

            double[] query = Point(qi, qj);
            double[] weights = [.. keys.Select(k => k.Weight * Math.Exp(query.Zip(k.Key, (a, b) => a * b).Sum() / Math.Sqrt(channels)))];
            for (int c = 0; c < channels; c++)
            {
                double expected = keys.Select((k, i) => weights[i] * k.Key[c]).Sum() / weights.Sum();
                Assert.AreEqual(expected, result[(token * channels) + c], 1e-5, $"{qi}, {qj}");
            }
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public void ALevelIsComputedOnTheSmallerGridAndItsAttentionIsPlannedForIt(int depth)
    {
        using Network network = new();
        AccelerationPlan plan = network.Plan(new DeepShrink { Depth = depth, End = 1 }, new HyperTile { Tile = 32 });
        _ = network.Build(new EvaluationPlan(plan[0]), out IReadOnlyList<LayerSite> sites);
        LayerSite middle = sites.Last(s => s.Path.StartsWith("mid_block", StringComparison.Ordinal)), whole = plan.Sites[middle.Index];
        Assert.AreEqual(new Grid((whole.Grid.Height + 1) / 2, (whole.Grid.Width + 1) / 2), middle.Grid);
        float[] expected = network.Evaluate(plan, TestDevices.Oracle);
        GoldenAssert.Close(expected, network.Evaluate(plan, TestDevices.Cpu), 5e-5, $"deep shrink at depth {depth}, cpu");
        GoldenAssert.Close(expected, network.Evaluate(plan, TestDevices.IlgpuCpu), 5e-5, $"deep shrink at depth {depth}, ilgpu-cpu");
        float[] exact = network.Evaluate(network.Plan(), TestDevices.Cpu);
        Assert.IsGreaterThan(1e-3, exact.Zip(expected, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void AllDevicesAgreeOnLocalAndGlobalAttention()
    {
        using Network network = new();
        AccelerationPlan plan = network.Plan(new LocalGlobal { Tile = 32, Factor = 2 });
        Assert.IsTrue(plan.Variants.Single().Sites.Any(s => s.Attention is { BesideOwn: true }));
        float[] expected = network.Evaluate(plan, TestDevices.Oracle);
        GoldenAssert.Close(expected, network.Evaluate(plan, TestDevices.Cpu), 5e-5, "local and global, cpu");
        GoldenAssert.Close(expected, network.Evaluate(plan, TestDevices.IlgpuCpu), 5e-5, "local and global, ilgpu-cpu");
    }

    private static AccelerationPlan Plan(params ITechnique[] techniques)
    {
        using Network network = new();
        return network.Plan(techniques);
    }

    /// <summary>The recorded UNet on latents of 24 × 20.</summary>
    private sealed class Network : IDisposable
    {
        private readonly WeightStore _weights = WeightStore.Open(Golden.Find("acceleration/weights/unet"));
        private readonly UNet2DConditionModel _unet = UNet2DConditionModel.Read(ComponentConfig.Read(Golden.Find("acceleration/weights/unet/config.json")));

        public AccelerationPlan Plan(params ITechnique[] techniques) =>
            AccelerationPlan.Make(new AccelerationPolicy(techniques), SiteSurvey.Of(plan => [Build(plan, out _)]), Moments, guided: true);

        public Value Build(EvaluationPlan plan, out IReadOnlyList<LayerSite> sites)
        {
            Graph graph = new();
            Value result = _unet.Build(
                new ModelBuilder(graph, _weights, plan),
                graph.Input("latents", new Shape(2, 24, 20, 4), Stage.Evaluation),
                graph.Input("time", Shape.Scalar, Stage.Schedule),
                graph.Input("text", new Shape(2, 1, 5, _unet.TextChannels), Stage.Request));
            sites = plan.Sites;
            return result;
        }

        public float[] Evaluate(AccelerationPlan plan, string deviceName)
        {
            using Device device = TestDevices.Create(deviceName);
            Executable executable = Executable.Compile([new Variant(Build(new EvaluationPlan(plan[0]), out _))], device, new CompileOptions { Evaluations = Moments.Length });
            using Residency residency = new(device);
            executable.Load(residency, new StoredWeights(_weights));
            using Lane lane = new(device);
            using Run run = Run.Begin(executable, lane);
            run.Set<float>("latents", Operand.Random(new Shape(2, 24, 20, 4), 1).Floats.ToArray());
            run.Set<float>("time", [.. Enumerable.Repeat(500f, Moments.Length)]);
            run.Set<float>("text", Operand.Random(new Shape(2, 1, 5, _unet.TextChannels), 2).Floats.ToArray());
            foreach (string name in plan.Numbers.Names.Where(run.Takes))
            {
                run.Set(name, plan.Numbers.Rows(name));
            }

            run.Evaluate(evaluation: 1);
            return run.Read();
        }

        public void Dispose() => _weights.Dispose();
    }
}
