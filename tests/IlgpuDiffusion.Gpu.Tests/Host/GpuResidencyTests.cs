using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Host;

/// <summary>Weights under a budget on a device with memory of its own, to which they are copied.</summary>
[TestClass]
internal sealed class GpuResidencyTests : ResidencyDeviceTests
{
    private readonly GpuDevice _device;

    public GpuResidencyTests()
        : this(TestDevice.Open(new GpuDeviceOptions { MemoryLimit = 1 << 20 }))
    {
    }

    private GpuResidencyTests(GpuDevice device)
        : base(device) => _device = device;

    [TestMethod]
    public void WhatLeavesIsFreedOnTheDevice()
    {
        using MemoryWeights first = Weights(2), second = Weights(3);
        using Residency residency = new(_device, 2 * Each);
        Executable one = Compile(), two = Compile();
        Play(one, residency, first);
        long beside = _device.Allocated - residency.Held;
        for (int turn = 0; turn < 3; turn++)
        {
            Assert.AreEqual(Expected(3), Play(two, residency, second));
            Assert.AreEqual(beside + (2 * Each), _device.Allocated);
            Assert.AreEqual(Expected(2), Play(one, residency, first));
            Assert.AreEqual(beside + (2 * Each), _device.Allocated);
        }

        residency.Trim(0);
        Assert.AreEqual(beside, _device.Allocated);
    }

    [TestMethod]
    public void WhereTheDeviceIsFullWhatNothingUsesMakesRoom()
    {
        using MemoryWeights first = Weights(2), second = Weights(3);
        using Residency residency = new(_device);
        Executable one = Compile(), two = Compile();
        Play(one, residency, first);
        using (_device.Allocate(_device.AvailableMemory!.Value - Each, "test"))
        {
            two.Load(residency, second);
            Assert.AreEqual(3 * Each, residency.Held, "one of the first has left");
        }

        Assert.AreEqual(Expected(3), Play(two, residency, second));
        Assert.AreEqual(Expected(2), Play(one, residency, first));
    }
}
