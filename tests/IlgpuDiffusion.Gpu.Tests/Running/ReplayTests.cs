using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Running;

/// <summary>When launches are recorded, when the recording runs, and when it is given up.</summary>
[TestClass]
public sealed partial class ReplayTests
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
    public void ADriverThatFailsToRecordIsAskedTwiceAndSaidOnce(string fails, string once)
    {
        using Scene scene = new(this);
        _recorder.Fails = fails;
        for (int i = 0; i < 5; i++)
        {
            scene.Run();
        }

        string calls = $"{once},{once}";
        Assert.AreEqual(calls, string.Join(',', _recorder.Calls));
        CollectionAssert.AreEqual(new[] { 5, 5, 5 }, scene.Effects(), "every run takes effect once");
        Assert.HasCount(1, _log);
        Assert.Contains($"no {fails} today", _log[0]);
        using Replay next = scene.Device.CreateReplay()!;
        next.Run(scene.Launches, scene.Bases, CancellationToken.None);
        next.Run(scene.Launches, scene.Bases, CancellationToken.None);
        Assert.AreEqual(calls, string.Join(',', _recorder.Calls), "of the same device");
        Assert.HasCount(1, _log);
    }

    [TestMethod]
    public void ARecordingThatIsSpoiledOnceIsMadeTheNextTime()
    {
        using Scene scene = new(this);
        _recorder.Fails = "end";
        scene.Run();
        scene.Run();
        _recorder.Fails = null;
        scene.Run();
        scene.Run();
        CollectionAssert.AreEqual(new[] { "begin", "end", "begin", "end", "run", "run" }, _recorder.Calls);
        CollectionAssert.AreEqual(new[] { 4, 4, 4 }, scene.Effects());
        Assert.IsEmpty(_log);
    }

    [TestMethod]
    public async Task OtherThreadsAreKeptFromTheQueueWhileOneRecords()
    {
        using Scene scene = new(this);
        scene.Run();
        DeviceMemory other = scene.Device.Allocate(256, "test");
        Task? upload = null, free = null;
        bool waited = false;
        scene.Started = () =>
        {
            upload = Task.Run(() => scene.Device.Upload(other.Address, new byte[256]));
            free = upload.ContinueWith(_ => other.Dispose(), TaskScheduler.Default);
            waited = !upload.Wait(TimeSpan.FromMilliseconds(100));
        };
        scene.Run();
        scene.Started = null;
        Assert.IsTrue(waited, "an upload went on while launches were recorded");
        await upload!;
        await free!;
        scene.Run();
        CollectionAssert.AreEqual(new[] { "begin", "end", "run", "run" }, _recorder.Calls, "what another thread used and freed is no part of the recording");
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
    public void EachVariantOfARunIsRecordedByItselfAndFreedWithTheLane()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Recorder = _recorder });
        Lane lane = new(device);
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

        Assert.AreEqual(2, _recorder.Live);
        lane.Dispose();
        Assert.AreEqual(0, _recorder.Live);
        Assert.AreEqual(0, device.Allocated);
    }

    [TestMethod]
    public void TheNextRunOfAnExecutableRunsWhatWasRecorded()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Recorder = _recorder });
        using Lane lane = new(device);
        using Residency residency = new(device);
        Executable first = Doubling(4), second = Doubling(8);
        Use(first, 3);
        CollectionAssert.AreEqual(new[] { "begin", "end", "run", "run" }, _recorder.Calls);
        long held = lane.HeldBytes - lane.ArenaBytes;
        Assert.AreEqual(first.Memory.Run, held);
        _recorder.Calls.Clear();
        Use(first, 2);
        CollectionAssert.AreEqual(new[] { "run", "run" }, _recorder.Calls);

        // Two at a time have memory of their own.
        using (Run one = Run.Begin(first, lane), other = Run.Begin(first, lane))
        {
            Assert.AreNotEqual(one.Address("x"), other.Address("x"));
        }

        lane.Reserve([second]);
        Assert.AreEqual(0, _recorder.Live, "what others left is freed");
        Assert.AreEqual(lane.ArenaBytes, lane.HeldBytes);
        Use(second, 3);
        lane.Reserve(lane.ArenaBytes + 1);
        Assert.AreEqual(0, _recorder.Live, "the arena has moved");

        Executable Doubling(int channels)
        {
            Executable executable = Executable.Compile([new Variant(new Graph().Input("x", new Shape(1, 1, 1, channels), Stage.Evaluation).Affine(2, 0))], device, new CompileOptions { Evaluations = 6 });
            executable.Load(residency, new MemoryWeights());
            return executable;
        }

        void Use(Executable executable, int evaluations)
        {
            using Run run = Run.Begin(executable, lane);
            float[] x = [.. Enumerable.Range(0, (int)executable.OutputTypes[0].Shape.Count).Select(i => (float)i)];
            run.Set<float>("x", x);
            for (int i = 0; i < evaluations; i++)
            {
                run.Evaluate(i);
            }

            CollectionAssert.AreEqual(Array.ConvertAll(x, value => 2 * value), run.Read());
        }
    }
}
