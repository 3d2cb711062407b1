using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Running;

/// <summary>When launches are recorded, when the recording runs, and when it is given up.</summary>
[TestClass]
public sealed class ReplayTests
{
    private readonly FakeRecorder _recorder = new();
    private readonly List<string> _log = [];

    [TestMethod]
    public void TheFirstRunIsPlainTheSecondIsRecordedAndTheRecordingRunsFromThenOn()
    {
        using Scene scene = new(this);
        for (int i = 0; i < 4; i++)
        {
            scene.Run();
        }

        CollectionAssert.AreEqual(new[] { "begin", "end", "run", "run", "run" }, _recorder.Calls);
        CollectionAssert.AreEqual(new[] { 4, 4, 4 }, scene.Effects());
        Assert.AreEqual(2, scene.Calls, "runs in which the host went through the launches");
        scene.Replay.Dispose();
        Assert.AreEqual("free", _recorder.Calls[^1]);
        Assert.AreEqual(0, _recorder.Live);
    }

    [TestMethod]
    public void OtherBasesBeginAnew()
    {
        using Scene scene = new(this);
        using DeviceMemory other = scene.Device.Allocate(256, "test");
        scene.Run();
        scene.Run();
        scene.Bases = scene.Bases with { Arena = other.Address };
        _recorder.Calls.Clear();
        scene.Run();
        CollectionAssert.AreEqual(new[] { "free" }, _recorder.Calls);
        scene.Run();
        scene.Run();
        CollectionAssert.AreEqual(new[] { "free", "begin", "end", "run", "run" }, _recorder.Calls);
        CollectionAssert.AreEqual(new[] { 5, 5, 5 }, scene.Effects());
    }

    [TestMethod]
    public void FreedMemoryBeginsAnewThoughItsNumberIsGivenAgain()
    {
        using Scene scene = new(this);
        scene.Run();
        scene.Run();
        nint address = scene.Bases.Arena;
        scene.Memory.Dispose();
        scene.Memory = scene.Device.Allocate(256, "test");
        Assert.AreEqual(address, scene.Memory.Address, "the number is given again");
        _recorder.Calls.Clear();
        scene.Run();
        scene.Run();
        CollectionAssert.AreEqual(new[] { "free", "begin", "end", "run" }, _recorder.Calls);
    }

    [TestMethod]
    public void MemoryThatNoLaunchTouchesMayBeFreed()
    {
        using Scene scene = new(this);
        DeviceMemory other = scene.Device.Allocate(256, "test");
        scene.Run();
        scene.Run();
        other.Dispose();
        _recorder.Calls.Clear();
        scene.Run();
        CollectionAssert.AreEqual(new[] { "run" }, _recorder.Calls);
    }

    [TestMethod]
    [DataRow("begin", "begin")]
    [DataRow("launch", "begin,discard")]
    [DataRow("end", "begin,end")]
    [DataRow("run", "begin,end,run,free")]
    public void ADriverThatFailsToRecordIsSaidOnceAndNotAskedAgain(string fails, string calls)
    {
        using Scene scene = new(this);
        _recorder.Fails = fails;
        for (int i = 0; i < 4; i++)
        {
            scene.Run();
        }

        Assert.AreEqual(calls, string.Join(',', _recorder.Calls));
        CollectionAssert.AreEqual(new[] { 4, 4, 4 }, scene.Effects(), "every run takes effect once");
        Assert.HasCount(1, _log);
        Assert.Contains($"no {fails} today", _log[0]);
        using Replay next = scene.Device.CreateReplay()!;
        next.Run(scene.Launches, scene.Bases, CancellationToken.None);
        next.Run(scene.Launches, scene.Bases, CancellationToken.None);
        Assert.AreEqual(calls, string.Join(',', _recorder.Calls), "of the same device");
        Assert.HasCount(1, _log);
    }

    [TestMethod]
    public void CancelledWhileItRecordsARunIsGivenUpAndTheNextRecords()
    {
        using Scene scene = new(this);
        scene.Run();
        using CancellationTokenSource source = new();
        scene.Started = source.Cancel;
        Assert.ThrowsExactly<OperationCanceledException>(() => scene.Run(source.Token));
        CollectionAssert.AreEqual(new[] { "begin", "discard" }, _recorder.Calls);
        CollectionAssert.AreEqual(new[] { 1, 1, 1 }, scene.Effects());
        scene.Started = null;
        scene.Run();
        CollectionAssert.AreEqual(new[] { "begin", "discard", "begin", "end", "run" }, _recorder.Calls);
        Assert.IsEmpty(_log);
        Assert.ThrowsExactly<OperationCanceledException>(() => scene.Run(new CancellationToken(true)));
        CollectionAssert.AreEqual(new[] { 2, 2, 2 }, scene.Effects(), "a recording is not begun either");
    }

    [TestMethod]
    public void ARecordingThatFailsToRunIsALostDevice()
    {
        using Scene scene = new(this);
        scene.Run();
        scene.Run();
        _recorder.Fails = "run";
        DeviceLostException e = Assert.ThrowsExactly<DeviceLostException>(() => scene.Run());
        Assert.Contains("no run today", e.Message);
    }

    [TestMethod]
    public void WithoutGraphsNothingIsRecorded()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Recorder = _recorder, Graphs = false });
        Assert.IsNull(device.CreateReplay());
        using GpuDevice plain = GpuDevice.Open(GpuKind.IlgpuCpu);
        Assert.IsNull(plain.CreateReplay(), "the processor records nothing");
    }

    [TestMethod]
    public void EachVariantOfARunIsRecordedByItselfAndFreedWithTheRun()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Recorder = _recorder });
        using Lane lane = new(device);
        using Residency residency = new(device);
        Graph graph = new();
        Value x = graph.Input("x", new Shape(1, 1, 1, 4), Stage.Evaluation);
        Executable executable = Executable.Compile([new Variant([x.Affine(2, 0)], []), new Variant([x.Affine(3, 0)], [])], device, new CompileOptions { Evaluations = 6 });
        executable.Load(residency, new MemoryWeights());
        using (Run run = Run.Begin(executable, lane))
        {
            run.Set<float>("x", [1, 2, 3, 4]);
            for (int i = 0; i < 6; i++)
            {
                run.Evaluate(i, i % 2);
            }

            CollectionAssert.AreEqual(new[] { "begin", "end", "run", "begin", "end", "run", "run", "run" }, _recorder.Calls);
            Assert.AreEqual(2, _recorder.Live);
        }

        Assert.AreEqual(0, _recorder.Live);
    }

    /// <summary>Three launches that count what they do in a block of memory.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly int[] _effects = new int[3];
        private Bases? _bases;

        public Scene(ReplayTests test)
        {
            Device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Recorder = test._recorder, Log = test._log.Add });
            Memory = Device.Allocate(256, "test");
            Replay = Device.CreateReplay()!;
            Launches = [.. _effects.Select((_, i) => new CountingLaunch(this, test._recorder, i))];
        }

        public GpuDevice Device { get; }

        public DeviceMemory Memory { get; set; }

        public Replay Replay { get; }

        public Launch[] Launches { get; }

        /// <summary>Is told of the first launch of a run.</summary>
        public Action? Started { get; set; }

        public int Calls { get; private set; }

        public Bases Bases
        {
            get => _bases ?? new Bases(0, 0, 0, 0, Memory.Address);
            set => _bases = value;
        }

        public int[] Effects() => [.. _effects];

        public void Run(CancellationToken cancellation = default) => Replay.Run(Launches, Bases, cancellation);

        public void Dispose()
        {
            Replay.Dispose();
            Memory.Dispose();
            Device.Dispose();
        }

        private sealed class CountingLaunch(Scene scene, FakeRecorder recorder, int number) : Launch("test")
        {
            public override void Run(in Bases bases, CancellationToken cancellation)
            {
                Assert.AreEqual(64, scene.Device.Host.View<float>(bases.Arena, 64).Length);
                if (number == 0)
                {
                    scene.Calls++;
                    scene.Started?.Invoke();
                }

                recorder.Queue(() => scene._effects[number]++);
            }
        }
    }
}
