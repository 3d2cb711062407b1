using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class KeepAndRecallGoldenTests
{
    [TestMethod]
    [DataRow(SiteKind.UpLayer, DisplayName = "deep features of an up layer")]
    [DataRow(SiteKind.CrossAttention, DisplayName = "the output of a cross-attention")]
    [DataRow(SiteKind.Block, DisplayName = "the output of a block")]
    public void WhatIsRecalledIsWhatWasKeptAndTheRestIsNotComputed(SiteKind kind)
    {
        using TwoVariants run = new((sites, action) => Decide(sites, s => s == sites.Last(other => other.Kind == kind), new SiteDecision(action, Slot: 0)));
        float[] kept = run.Evaluate(0);
        float[] recalled = run.Evaluate(1);
        CollectionAssert.AreEqual(kept, recalled);
        Assert.IsLessThan(run.Launches(0), run.Launches(1));
    }

    [TestMethod]
    public void ADifferenceIsAddedToWhatPassedTheEarlierSite()
    {
        using TwoVariants run = new((sites, action) =>
        {
            LayerSite from = sites.First(s => s.Kind == SiteKind.UpLayer);
            LayerSite to = sites.First(s => s.Kind == SiteKind.UpLayer && s.Index > from.Index && s.Grid == from.Grid && s.Channels == from.Channels);
            return Decide(sites, s => s == to, new SiteDecision(action, Slot: 3, From: from.Index));
        });
        float[] kept = run.Evaluate(0);
        GoldenAssert.Close(kept, run.Evaluate(1), 1e-4, "a recalled difference");
        Assert.IsLessThan(run.Launches(0), run.Launches(1));
    }

    private static RowStructure Decide(IReadOnlyList<LayerSite> sites, Func<LayerSite, bool> where, SiteDecision decision) =>
        new(Branches.Both, new EquatableArray<SiteDecision>([.. sites.Select(s => where(s) ? decision : default)]));

    /// <summary>The same evaluation with something kept, and with it recalled.</summary>
    private sealed class TwoVariants : IDisposable
    {
        private readonly Device _device = TestDevices.Create();
        private readonly WeightStore _weights;
        private readonly Residency _residency;
        private readonly Lane _lane;
        private readonly Executable _executable;
        private readonly Run _run;

        public TwoVariants(Func<IReadOnlyList<LayerSite>, SiteAction, RowStructure> decide)
        {
            string folder = Golden.Find("models/sd21/unet");
            _weights = WeightStore.Open(folder);
            UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
            GoldenTensors golden = GoldenTensors.Find("models/sd21.golden.safetensors");
            long[] shape = golden.Shape("unet.odd.latent");
            long[] text = golden.Shape("unet.context");
            Graph graph = new();
            Value latents = graph.Input("latents", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation);
            Value time = graph.Input("time", Shape.Scalar, Stage.Schedule);
            Value context = graph.Input("text", new Shape((int)text[0], 1, (int)text[1], (int)text[2]), Stage.Request);
            EvaluationPlan Build(RowStructure row, out Value output)
            {
                EvaluationPlan plan = new(row);
                output = unet.Build(new ModelBuilder(graph, _weights, plan), latents, time, context);
                return plan;
            }

            IReadOnlyList<LayerSite> sites = Build(RowStructure.Neutral, out _).Sites;
            IReadOnlyList<Keep> keeps = Build(decide(sites, SiteAction.Keep), out Value keeping).Keeps;
            IReadOnlyList<Keep> none = Build(decide(sites, SiteAction.Recall), out Value recalling).Keeps;
            Assert.HasCount(1, keeps);
            Assert.IsEmpty(none);
            _executable = Executable.Compile([new Variant([keeping], keeps), new Variant([recalling], none)], _device, new CompileOptions { Evaluations = 2 });
            _residency = new Residency(_device);
            _executable.Load(_residency, new StoredWeights(_weights));
            _lane = new Lane(_device);
            _run = Run.Begin(_executable, _lane);
            _run.Set<float>("latents", GridLayout.ChannelsLast(golden.Floats("unet.odd.latent"), shape));
            _run.Set<float>("time", [500, 500]);
            _run.Set<float>("text", golden.Floats("unet.context"));
        }

        public int Launches(int variant) => _executable.Programs.Single(p => p.Name == $"evaluation {variant}").Launches.Count;

        public float[] Evaluate(int variant)
        {
            _run.Evaluate(variant, variant);
            return _run.Read(0, variant);
        }

        public void Dispose()
        {
            _run.Dispose();
            _lane.Dispose();
            _residency.Dispose();
            _device.Dispose();
            _weights.Dispose();
        }
    }
}
