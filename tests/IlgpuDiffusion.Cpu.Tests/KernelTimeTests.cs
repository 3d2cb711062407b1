using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu.Tests;

/// <summary>What guesses of kernels' times know of shapes.</summary>
[TestClass]
public sealed class KernelTimeTests
{
    private static readonly CpuDevice Device = new(new CpuDeviceOptions { Threads = 2 });

    [ClassCleanup]
    public static void Clean() => Device.Dispose();

    [TestMethod]
    public void ThreadsThatTheLastTasksLeaveIdleCount()
    {
        using WorkerPool two = new(2);
        double nothing = KernelTime.Phase(two, 2, 0);
        Assert.AreEqual(4.0 / 3, (KernelTime.Phase(two, 3, 1e9) - nothing) / (KernelTime.Phase(two, 2, 1e9) - nothing), 1e-9);
    }

    [TestMethod]
    public void KeysAndQueriesCountInWholeTiles() =>
        Assert.AreEqual(Seconds(Dense, Tokens(1, 64), Tokens(1, 128), Tokens(1, 128)), Seconds(Dense, Tokens(1, 64), Tokens(1, 113), Tokens(1, 113)), 0.05 * Seconds(Dense, Tokens(1, 64), Tokens(1, 128), Tokens(1, 128)));

    [TestMethod]
    public void TilesSpareWhatTheyLeaveOut()
    {
        TensorType x = new(new Shape(2, 64, 64, 320)), bounds = new(new Shape(1, 1, 16, 4), ElementType.I32);
        double whole = Seconds(Dense, x, x, x), tiled = Seconds(new Attention(8, 0.125, false, true, new(new SegmentForm(Bounds: true))), x, bounds, x, x, bounds);
        Assert.IsTrue(tiled > whole / 16 && tiled < whole / 10, $"{tiled} of {whole}");
    }

    [TestMethod]
    public void WhatALaunchTakesWhateverItsSizeCounts()
    {
        double small = Seconds(new Linear(), new TensorType(new Shape(1, 1, 6, 320)), Weight), large = Seconds(new Linear(), new TensorType(new Shape(1, 1, 6144, 320)), Weight);
        Assert.IsTrue(large > 200 * small && large < 900 * small, $"{large} of {small}");
    }

    private static Attention Dense { get; } = new(8, 0.125, false, false, new(default(SegmentForm)));

    private static TensorType Weight { get; } = new(new Shape(1, 1, 320, 320), ElementType.F16, new Panels(Convolution: false, Gated: false));

    private static TensorType Tokens(int batch, int tokens) => new(new Shape(batch, 1, tokens, 320));

    private static double Seconds(Op op, params TensorType[] inputs) => Device.Prepare(op, new Operands(inputs, op.Infer(inputs))).Estimate.TotalSeconds;
}
