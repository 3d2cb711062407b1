using System.Diagnostics;
using System.Runtime.InteropServices;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Gpu.Tests;

/// <summary>Drivers that fail: what is said, and that nothing hangs or is left behind.</summary>
[TestClass]
public sealed unsafe class LostDeviceTests
{
    private static readonly Shape Picture = new(1, 4, 4, 8);

    [TestMethod]
    [DataRow(nameof(DriverCall.Allocate), 1, "failed at allocating memory for activations")]
    [DataRow(nameof(DriverCall.Compile), 1, "failed at compiling the kernel ")]
    [DataRow(nameof(DriverCall.Upload), 1, "failed at a copy to it")]
    [DataRow(nameof(DriverCall.Launch), 1, "failed at 'first'")]
    [DataRow(nameof(DriverCall.Launch), 2, "failed at 'second'")]
    [DataRow(nameof(DriverCall.Download), 1, "failed at a copy from it (the last kernel that was queued is that of 'second')")]
    public void ALostDeviceIsNamedWithWhatItDidAndTheDriversWords(string call, int count, string expected)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        Failure failure = new(device, Enum.Parse<DriverCall>(call), count, "unspecified launch failure");
        DeviceLostException e = Assert.ThrowsExactly<DeviceLostException>(() => Run(device));
        Assert.Contains($"ilgpu-cpu ({IlgpuBuild.Text}) {expected}", e.Message);
        Assert.Contains(": unspecified launch failure. What lay on the device is lost; open the model again", e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.AreSame(failure.Thrown, e.InnerException);
    }

    [TestMethod]
    public void CopiesAndMovesAreNamed()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        using DeviceMemory memory = device.Allocate(256, "test");
        _ = new Failure(device, DriverCall.Copy, 1, "an illegal memory access was encountered");
        Assert.Contains("a copy on it", Assert.ThrowsExactly<DeviceLostException>(() => device.Copy(memory.Address, memory.Address + 128, 64)).Message);
        Assert.Contains("a move of the sampler", Assert.ThrowsExactly<DeviceLostException>(() => device.Combine(memory.Address, [memory.Address], [1], 4)).Message);
    }

    [TestMethod]
    public void DisposingWhatIsLostThrowsNothing()
    {
        GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        Lane lane = new(device);
        Residency residency = new(device);
        DeviceMemory memory = device.Allocate(1000, "test");
        lane.Reserve(1000);
        float[] data = new float[4];
        GCHandle pin = GCHandle.Alloc(data, GCHandleType.Pinned);
        WeightView view = new(pin.AddrOfPinnedObject(), 16, ElementType.F32);
        device.WeightAddress(view);
        _ = new Failure(device, DriverCall.Free, 1, "device removed");
        memory.Dispose();
        device.ReleaseWeight(view);
        lane.Dispose();
        residency.Dispose();
        device.Dispose();
        device.Dispose();
        pin.Free();
        Assert.AreEqual(0, device.Allocated);
    }

    [TestMethod]
    [DataRow("out of memory")]
    [DataRow("CL_MEM_OBJECT_ALLOCATION_FAILURE")]
    [DataRow("CL_OUT_OF_RESOURCES")]
    public void ADriverWithoutMemoryIsNotLost(string words)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        _ = new Failure(device, DriverCall.Allocate, 1, words, once: true);
        DeviceMemoryException e = Assert.ThrowsExactly<DeviceMemoryException>(() => device.Allocate(3 << 20, "activations"));
        Assert.Contains("needs 3 MiB of memory for activations, and its driver has no such block left", e.Message);
        Assert.Contains("smaller picture", e.Message);
        Assert.AreEqual(0, device.Allocated);
        Run(device);
    }

    [TestMethod]
    public void AKernelThatADriverDoesNotTakeIsToldWithTheDriversNotes()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        _ = new Failure(device, DriverCall.Compile, 1, "a PTX JIT compilation failed");
        Action<DriverCall> fail = device.Host.BeforeCall!;
        device.Host.BeforeCall = call =>
        {
            Trace.WriteLine(call == DriverCall.Compile ? "ptxas application ptx input, line 7:\nerror\n\0" : "something else");
            fail(call);
        };
        string message = Assert.ThrowsExactly<DeviceLostException>(() => Run(device)).Message;
        Assert.Contains(" (ptxas application ptx input, line 7:; error): a PTX JIT compilation failed. What", message);
    }

    [TestMethod]
    [DataRow(nameof(DriverCall.Launch), "out of memory", "has no memory left for 'first'")]
    [DataRow(nameof(DriverCall.Compile), "out of memory", "has no memory left for compiling the kernel")]
    public void AKernelThatFindsNoMemoryLeavesTheDeviceUsable(string call, string words, string expected)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        _ = new Failure(device, Enum.Parse<DriverCall>(call), 1, words, once: true);
        Assert.Contains(expected, Assert.ThrowsExactly<DeviceMemoryException>(() => Run(device)).Message);
        Run(device);
    }

    [TestMethod]
    [DataRow(nameof(DriverCall.Allocate), "out of memory", typeof(DeviceMemoryException))]
    [DataRow(nameof(DriverCall.Upload), "unspecified launch failure", typeof(DeviceLostException))]
    public void AWeightThatIsNotUploadedLeavesNothingOnTheDevice(string call, string words, Type expected)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        float[] data = [1, 2, 3, 4];
        GCHandle pin = GCHandle.Alloc(data, GCHandleType.Pinned);
        WeightView view = new(pin.AddrOfPinnedObject(), 16, ElementType.F32);
        _ = new Failure(device, Enum.Parse<DriverCall>(call), 1, words, once: true);
        Exception e = Assert.Throws<Exception>(() => device.WeightAddress(view));
        Assert.AreEqual(expected, e.GetType());
        Assert.AreEqual(0, device.Allocated);
        float[] read = new float[4];
        device.Download(device.WeightAddress(view), MemoryMarshal.AsBytes(read.AsSpan()));
        CollectionAssert.AreEqual(data, read);
        pin.Free();
    }

    [TestMethod]
    public void WeightsThatDoNotAllArriveAreAllFreed()
    {
        float[] data = new float[8 * 8 * 9];
        GCHandle pin = GCHandle.Alloc(data, GCHandleType.Pinned);
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        Graph graph = new();
        Value x = graph.Input("x", Picture, Stage.Evaluation);
        Value raw = graph.Weight("raw", new TensorType(Shape.Matrix(8, 8)));
        Value packed = graph.Weight("packed", new TensorType(new Shape(8, 8, 3, 3)));
        Value y = Graphs.Ops.LinearValues.Linear(Graphs.Ops.Conv2dValues.Conv2d(x, packed, 1, Graphs.Ops.Padding.All(1)), raw);
        OneWeight weights = new(pin.AddrOfPinnedObject());
        int failures = 0;
        for (int call = 1; failures == call - 1; call++)
        {
            using Residency residency = new(device);
            _ = new Failure(device, DriverCall.Allocate, call, "out of memory", once: true);
            long told = 0;
            try
            {
                Executable.Compile([new Variant(y)], device).Load(residency, weights, (done, all) => told = all - done, CancellationToken.None);
                Assert.AreEqual(0, told, "all was told");
                Assert.AreEqual(residency.Held, device.Allocated);
                Assert.IsGreaterThan(0, residency.Held);
            }
            catch (DeviceMemoryException)
            {
                failures++;
                Assert.AreEqual(0, residency.Held);
                Assert.AreEqual(0, device.Allocated);
            }
        }

        Assert.IsGreaterThanOrEqualTo(3, failures, "the packed weight, the file's behind it, the raw one");
        pin.Free();
    }

    private static void Run(GpuDevice device)
    {
        Graph graph = new();
        Value x = graph.Input("x", Picture, Stage.Evaluation);
        Value y = graph.Apply(new Graphs.Ops.Unary(Graphs.Ops.Activation.Silu), [x], "first");
        y = graph.Apply(new Graphs.Ops.Affine(2, 1), [y], "second");
        Executable executable = Executable.Compile([new Variant(y)], device);
        using Residency residency = new(device);
        using Lane lane = new(device);
        executable.Load(residency, new NoWeights());
        using Run run = Graphs.Execution.Run.Begin(executable, lane);
        run.Set<float>("x", new float[Picture.Count]);
        run.Evaluate();
        Assert.AreEqual(1, run.Read()[0]);
    }

    private sealed class OneWeight(nint address) : IWeightSource
    {
        public string Identity => "one";

        public WeightView Read(string name) => name == "raw" ? new WeightView(address, 8 * 8 * 4, ElementType.F32) : new WeightView(address, 8 * 8 * 9 * 4, ElementType.F32);

        public void Make(string name, nint target) => throw new NotSupportedException(name);

        public void Check(string name)
        {
        }

        public void Release(string name)
        {
        }
    }

    private sealed class NoWeights : IWeightSource
    {
        public string Identity => "none";

        public WeightView Read(string name) => throw new KeyNotFoundException(name);

        public void Make(string name, nint target) => throw new NotSupportedException(name);

        public void Check(string name)
        {
        }

        public void Release(string name)
        {
        }
    }

    /// <summary>Fails a driver's n-th call of a kind and, as a lost device does, every one after it.</summary>
    private sealed class Failure : AcceleratorException
    {
        private int _left;
        private bool _lost;

        public Failure(GpuDevice device, DriverCall call, int count, string words, bool once = false)
            : base(words)
        {
            _left = count;
            device.Host.BeforeCall = made =>
            {
                if (_lost || (made == call && --_left == 0))
                {
                    _lost = !once;
                    throw this;
                }
            };
        }

        public override AcceleratorType AcceleratorType => AcceleratorType.Cuda;

        public Exception Thrown => this;
    }
}
