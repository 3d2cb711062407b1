using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Contexts, devices and markers.</summary>
[TestClass]
public sealed class HostTests
{
    [TestMethod]
    public void DevicesTellTheirLimits()
    {
        using Context context = Context.Create(builder => builder.Optimize(OptimizationLevel.O1).CPU(new CPUDevice(32, 4, 2)));
        Device device = context.Devices.Single();
        Assert.AreEqual(AcceleratorType.CPU, device.AcceleratorType);
        Assert.AreEqual(32, device.WarpSize);
        Assert.AreEqual(128, device.MaxNumThreadsPerGroup);
        Assert.AreEqual(2, device.NumMultiprocessors);
        Assert.AreEqual(new Index3D(int.MaxValue, ushort.MaxValue, ushort.MaxValue), device.MaxGridSize);
        using Accelerator accelerator = device.CreateAccelerator(context);
        Assert.AreSame(device, accelerator.Device);
    }

    [TestMethod]
    public void MarkersOfAStreamAreInOrder()
    {
        using Context context = Context.Create(builder => builder.Profiling().CPU(CPUDevice.Nvidia));
        using Accelerator accelerator = context.Devices[0].CreateAccelerator(context);
        using AcceleratorStream stream = accelerator.CreateStream();
        using ProfilingMarker first = stream.AddProfilingMarker();
        using ProfilingMarker second = stream.AddProfilingMarker();
        second.Synchronize();
        Assert.IsGreaterThanOrEqualTo(0, second.MeasureFrom(first).Ticks);
    }

    [TestMethod]
    public void MarkersNeedProfiling()
    {
        using Lab lab = new();
        Assert.Throws<NotSupportedException>(lab.Stream.AddProfilingMarker);
    }
}
