using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The loop on a device that has not done what it was asked to when a call returns.</summary>
[TestClass]
public sealed class RunAheadTests
{
    private const string Evaluation = "Affine";

    private static readonly Shape Latents = new(1, 2, 2, 4);

    [TestMethod]
    [DataRow("ddim", 6)]
    [DataRow("heun", 5)]
    [DataRow("pndm", 5)]
    [DataRow("dpm++ 2m sde", 5)]
    public void AtMostTwoEvaluationsAreAhead(string sampler, int steps)
    {
        using Scene scene = new(sampler, steps);
        int most = 0;
        scene.Device.Queueing = what => most = what == Evaluation ? Math.Max(most, scene.Device.Waiting(Evaluation) + 1) : most;
        scene.Loop.Play(null, CancellationToken.None);
        Assert.AreEqual(2, most);
        Assert.AreEqual(scene.Program.Evaluations.Count, scene.Device.Done(Evaluation));
        Assert.AreEqual(0, scene.Device.Pending);
    }

    [TestMethod]
    [DataRow("ddim", 6)]
    [DataRow("heun", 5)]
    [DataRow("pndm", 5)]
    public void AStepIsToldOfWhenTheDeviceHasCompletedIt(string sampler, int steps)
    {
        using Scene scene = new(sampler, steps);
        List<EndStepMove> told = [];
        int queued = 0;
        scene.Loop.Play(
            new StepHooks(
                Queue: _ => queued++,
                Completed: end =>
                {
                    told.Add(end);
                    Assert.AreEqual(scene.EvaluationsUntil(end), scene.Device.Done(Evaluation), $"evaluations done at step {end.Step}");
                    Assert.IsTrue(queued - told.Count <= 2, $"step {end.Step} of {queued} that are queued");
                }),
            CancellationToken.None);
        CollectionAssert.AreEqual(scene.Program.Moves.OfType<EndStepMove>().ToArray(), told);
    }

    [TestMethod]
    public void NothingIsReadOrUploadedInTheLoop()
    {
        using Scene scene = new("dpm++ 2m sde", 6);
        scene.Run.Prepare();
        int before = scene.Device.Transfers;
        scene.Loop.Play(new StepHooks(Completed: _ => { }), CancellationToken.None);
        Assert.AreEqual(before, scene.Device.Transfers);
    }

    [TestMethod]
    public void TheResultIsThatOfADeviceThatWaits()
    {
        using Scene scene = new("dpm++ 2m sde", 6);
        using Scene waits = new("dpm++ 2m sde", 6);
        scene.Loop.Play(null, CancellationToken.None);
        waits.Loop.Play(new StepHooks(Reads: _ => true), CancellationToken.None);
        CollectionAssert.AreEqual(waits.Loop.Read(waits.Program.Result), scene.Loop.Read(scene.Program.Result));
    }

    [TestMethod]
    public void AStepThatIsReadHasNothingQueuedAfterIt()
    {
        using Scene scene = new("ddim", 6);
        int step = 0;
        scene.Loop.Play(
            new StepHooks(
                Reads: number => number % 3 == 0,
                Completed: _ =>
                {
                    if (++step % 3 == 0)
                    {
                        Assert.AreEqual(0, scene.Device.Pending);
                    }
                }),
            CancellationToken.None);
        Assert.AreEqual(6, step);
    }

    [TestMethod]
    public void CancelledTheLoopWaitsForWhatIsQueuedAndTellsNoMore()
    {
        using Scene scene = new("ddim", 6);
        scene.Loop.Play(null, CancellationToken.None);
        float[] expected = scene.Loop.Read(scene.Program.Result);

        scene.Begin();
        using CancellationTokenSource source = new();
        int told = 0, before = scene.Device.Done(Evaluation);
        scene.Device.Queueing = what =>
        {
            if (what == Evaluation && scene.Device.Done(Evaluation) == before + 2)
            {
                source.Cancel();
            }
        };
        Assert.ThrowsExactly<OperationCanceledException>(() => scene.Loop.Play(new StepHooks(Completed: _ => told++), source.Token));
        scene.Device.Queueing = null;
        Assert.AreEqual(0, scene.Device.Pending);
        Assert.AreEqual(2, told, "steps that were completed before");
        Assert.AreEqual(before + 4, scene.Device.Done(Evaluation), "what was queued has run");

        scene.Begin();
        scene.Loop.Play(null, CancellationToken.None);
        CollectionAssert.AreEqual(expected, scene.Loop.Read(scene.Program.Result));
    }

    [TestMethod]
    public void AFaultInWhatIsToldLeavesAnEmptyQueue()
    {
        using Scene scene = new("ddim", 6);
        NotSupportedException fault = new("the caller's own");
        Assert.AreSame(fault, Assert.ThrowsExactly<NotSupportedException>(() => scene.Loop.Play(new StepHooks(Completed: _ => throw fault), CancellationToken.None)));
        Assert.AreEqual(0, scene.Device.Pending);
        scene.Begin();
        int told = 0;
        scene.Loop.Play(new StepHooks(Completed: _ => told++), CancellationToken.None);
        Assert.AreEqual(6, told);
    }

    /// <summary>A sampler whose network is one launch: half of what it is given.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly Lane _lane;
        private readonly Residency _residency;

        public Scene(string sampler, int steps)
        {
            Program = SamplerCatalogue.Plan(new SchedulerConfig(), new SamplingRequest { Sampler = sampler, Steps = steps });
            Graph graph = new();
            Value clean = graph.Input(EvaluationGraph.Latents, Latents, Stage.Evaluation).Affine(0.5f, 0);
            Executable executable = Executable.Compile([new Variant(clean, clean)], Device, new CompileOptions { Evaluations = Program.Evaluations.Count });
            (_lane, _residency) = (new Lane(Device), new Residency(Device));
            executable.Load(_residency, new NoWeights());
            Run = Run.Begin(executable, _lane);
            Loop = new DenoisingLoop(Device, Program, AccelerationPlan.Neutral(Program.Evaluations.Count, guided: false), Run, Latents);
            Begin();
        }

        public QueuedDevice Device { get; } = new();

        public SamplingProgram Program { get; }

        public Run Run { get; }

        public DenoisingLoop Loop { get; }

        public void Begin()
        {
            Loop.Start([.. Enumerable.Range(0, (int)Latents.Count).Select(i => i / 4f - 1)]);
            for (int draw = 0; draw < Program.NoiseCount; draw++)
            {
                Loop.Noise(draw, [.. Enumerable.Range(0, (int)Latents.Count).Select(i => (float)Math.Sin(i + draw))]);
            }
        }

        /// <summary>The evaluations that stand before the end of a step.</summary>
        public int EvaluationsUntil(EndStepMove end) => Program.Moves.TakeWhile(move => move != end).OfType<EvaluateMove>().Count();

        public void Dispose()
        {
            Loop.Dispose();
            Run.Dispose();
            _lane.Dispose();
            _residency.Dispose();
            Device.Dispose();
        }
    }

    private sealed class NoWeights : IWeightSource
    {
        public string Identity => "none";

        public WeightView Read(string name) => throw new InvalidOperationException(name);

        public void Make(string name, nint target) => throw new InvalidOperationException(name);

        public void Check(string name) => throw new InvalidOperationException(name);

        public void Release(string name) => throw new InvalidOperationException(name);
    }
}
