using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>Weights of several models under one budget, on any device.</summary>
internal abstract class ResidencyDeviceTests : IDisposable
{
    private const int Channels = 64;

    // A model's weights: one as in its file, one prepared, of so many bytes each.
    protected const long Each = Channels * sizeof(float);

    private readonly Device _device;
    private readonly Lane _lane;
    private readonly MemoryWeights _first = Weights(2);
    private readonly MemoryWeights _second = Weights(3);

    protected ResidencyDeviceTests(Device device) => (_device, _lane) = (device, new Lane(device));

    [TestMethod]
    public void ModelsTakeTurnsUnderABudgetThatHoldsOne()
    {
        using Residency residency = new(_device, 2 * Each);
        Executable one = Compile(), two = Compile();
        for (int turn = 0; turn < 3; turn++)
        {
            Assert.AreEqual(Expected(2), Play(one, residency, _first));
            Assert.IsLessThanOrEqualTo(2 * Each, residency.Resident);
            Assert.AreEqual(Expected(3), Play(two, residency, _second));
            Assert.IsLessThanOrEqualTo(2 * Each, residency.Resident);
        }

        Assert.IsGreaterThan(2, _first.Reads["a"], "made again from its source");
    }

    [TestMethod]
    public void WithoutABudgetNothingIsMadeTwice()
    {
        using Residency residency = new(_device);
        Executable one = Compile(), two = Compile(), again = Compile();
        for (int turn = 0; turn < 3; turn++)
        {
            Assert.AreEqual(Expected(2), Play(one, residency, _first));
            Assert.AreEqual(Expected(3), Play(two, residency, _second));
            Assert.AreEqual(Expected(2), Play(again, residency, _first));
        }

        Assert.AreEqual((1, 1), (_first.Reads["a"], _first.Reads["b"]));
        Assert.AreEqual(4 * Each, residency.Resident);
        Assert.AreEqual(_device.CopiesWeights ? 4 * Each : 2 * Each, residency.Held, "a device that copies none reads weights where they are");
    }

    [TestMethod]
    public void WhatARunUsesStays()
    {
        using Residency residency = new(_device, 3 * Each);
        Executable one = Compile(), two = Compile();
        one.Load(residency, _first);
        using (Run run = Run.Begin(one, _lane))
        {
            DeviceMemoryException e = Assert.ThrowsExactly<DeviceMemoryException>(() => two.Load(residency, _second));
            StringAssert.Contains(e.Message, "budget for weights");
            Assert.AreEqual(2 * Each, residency.Resident, "what was brought in of the second is gone");
            run.Set<float>("x", new float[Channels]);
            run.Prepare();
            Assert.AreEqual(Expected(2), run.Read()[0]);
        }

        Assert.AreEqual(Expected(3), Play(two, residency, _second));
        Assert.ThrowsExactly<InvalidOperationException>(() => Run.Begin(one, _lane), "its weights have left");
        Assert.AreEqual(Expected(2), Play(one, residency, _first));
    }

    [TestMethod]
    public void TheLeastRecentlyUsedLeavesFirst()
    {
        using MemoryWeights third = Weights(5);
        using Residency residency = new(_device, 4 * Each);
        Executable one = Compile(), two = Compile(), three = Compile();
        Play(one, residency, _first);
        Play(two, residency, _second);
        Play(one, residency, _first);
        Play(three, residency, third);
        Play(one, residency, _first);
        Assert.AreEqual(1, _first.Reads["a"]);
        Play(two, residency, _second);
        Assert.AreEqual(2, _second.Reads["a"]);
    }

    [TestMethod]
    public void WhatIsReadBeforeTheLoopLeavesWhenItBegins()
    {
        // x + a · 2, once; then y + that + b, for every y. The budget holds one of the weights.
        Graph graph = new();
        TensorType type = new(Shape.Vector(Channels));
        Value once = graph.Input("x", Shape.Vector(Channels), Stage.Request) + graph.Weight("a", type).Affine(2, 0);
        Executable executable = Executable.Compile([new Variant((graph.Input("y", Shape.Vector(Channels), Stage.Evaluation) + once) + graph.Weight("b", type))], _device);
        Assert.AreEqual((new WeightBytes(0, Each), new WeightBytes(Each, 0)), (executable.Memory.BeforeLoop, executable.Memory.InLoop));
        Assert.AreEqual((Each, 2 * Each), (executable.Memory.Held(inFiles: true, inTurn: true), executable.Memory.Held(inFiles: true, inTurn: false)));
        using Residency residency = new(_device, Each) { HoldsOne = true };
        void Load(LoadedPrograms which, CancellationToken stop) => executable.Load(residency, _first, null, stop, which);
        for (int request = 0; request < 2; request++)
        {
            Load(LoadedPrograms.BeforeLoop, CancellationToken.None);
            using Run run = Run.Begin(executable, _lane, Load);
            run.Set<float>("y", new float[Channels]);
            for (int turn = 0; turn < 4; turn++)
            {
                // Every other time what was computed before the loop is computed anew.
                run.Set<float>(turn % 2 == 0 ? "x" : "y", [.. Enumerable.Repeat((float)turn, Channels)]);
                run.Evaluate();
                Assert.AreEqual(Expected(2) + turn + Math.Max(0, turn - 1), run.Read()[0]);
                Assert.AreEqual(Each, residency.Resident);
            }
        }
    }

    [TestMethod]
    public void AClosedSourceLeavesNothingBehind()
    {
        using Residency residency = new(_device);
        Executable one = Compile(), two = Compile();
        Play(one, residency, _first);
        Play(two, residency, _second);
        residency.Release(_first);
        Assert.AreEqual(2 * Each, residency.Resident);
        Assert.AreEqual(Expected(3), Play(two, residency, _second));
        residency.Trim(0);
        Assert.AreEqual(0, residency.Held);
        Assert.AreEqual(Expected(3), Play(two, residency, _second));
    }

    [TestMethod]
    public void AWeightThatCannotBeReadTakesBackWhatCameWithIt()
    {
        using MemoryWeights half = new();
        half.Add("a", ElementType.F32, new float[Channels]);
        using Residency residency = new(_device, 2 * Each);
        Assert.ThrowsExactly<KeyNotFoundException>(() => Compile().Load(residency, half));
        Assert.AreEqual(0, residency.Resident);
        Assert.AreEqual(Expected(2), Play(Compile(), residency, _first));
    }

    public void Dispose()
    {
        _lane.Dispose();
        _first.Dispose();
        _second.Dispose();
        _device.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static MemoryWeights Weights(float value)
    {
        MemoryWeights weights = new();
        weights.Add("a", ElementType.F32, [.. Enumerable.Repeat(value, Channels)]);
        weights.Add("b", ElementType.F32, [.. Enumerable.Repeat(10 * value, Channels)]);
        return weights;
    }

    // x + a · 2 + b, for x = 0: a is prepared, b read as it is.
    protected static float Expected(float value) => (2 * value) + (10 * value);

    protected Executable Compile()
    {
        Graph graph = new();
        Value x = graph.Input("x", Shape.Vector(Channels), Stage.Request);
        TensorType type = new(Shape.Vector(Channels));
        return Executable.Compile([new Variant(x + graph.Weight("a", type).Affine(2, 0) + graph.Weight("b", type))], _device);
    }

    protected float Play(Executable executable, Residency residency, MemoryWeights weights)
    {
        executable.Load(residency, weights);
        using Run run = Run.Begin(executable, _lane);
        run.Set<float>("x", new float[Channels]);
        run.Prepare();
        return run.Read().Distinct().Single();
    }
}
