using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs.Devices;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Tests.Execution;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Devices;

/// <summary>Two devices at once: what is compared, and on whose results they go on.</summary>
[TestClass]
public sealed unsafe class ComparingDeviceTests
{
    private static readonly Shape Picture = new(2, 6, 5, 8);

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void EqualDevicesDoNotDiffer(bool isolated)
    {
        List<LaunchComparison> seen = Run(new OracleDevice(Fusions.All), new OracleDevice(Fusions.All), isolated, out float[] result);
        Assert.IsNotEmpty(seen);
        Assert.IsTrue(seen.All(launch => launch is { Relative: 0, Peak: 0, Largest: 0 }), string.Join('\n', seen));
        Assert.IsGreaterThan(10, result.Distinct().Count());
    }

    [TestMethod]
    public void ADeviceThatFusesMoreIsComparedOnTheCommonGraph()
    {
        List<LaunchComparison> seen = Run(new OracleDevice(Fusions.All), new OracleDevice(Fusions.Bias), true, out float[] compared);
        Assert.IsTrue(seen.All(launch => launch.Distance < 1e-6), string.Join('\n', seen));
        Assert.Contains("Conv2d", seen.Select(launch => launch.Op).ToArray());
        Assert.Contains("Unary", seen.Select(launch => launch.Op).ToArray(), "the oracle leaves the activation alone, so both do");
        Run(new OracleDevice(), new OracleDevice(), true, out float[] expected);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], compared[i], 1e-5f);
        }
    }

    [TestMethod]
    public void AWrongKernelIsTheOnlyOneThatDepartsWhereEachLaunchStartsFromTheFirsts()
    {
        List<LaunchComparison> seen = Run(new OracleDevice(), Broken("second.conv", places: 1), isolated: true, out float[] result);
        LaunchComparison bad = seen.Single(launch => launch.Distance > 0);
        Assert.AreEqual("Conv2d", bad.Op);
        Assert.AreEqual("second.conv", bad.Path);
        Assert.AreEqual(1, bad.Run);
        Assert.AreEqual("[1, 2, 3, 4]", bad.Index);
        Assert.AreEqual(bad.First + 1, bad.Second, 1e-6);
        Assert.AreEqual(1 / (1 + Math.Abs(bad.Second)), bad.Largest, 1e-6);
        Assert.AreEqual(bad.Relative * Math.Sqrt(Picture.Count), bad.Peak, 1e-6);
        Run(new OracleDevice(), new OracleDevice(), true, out float[] expected);
        CollectionAssert.AreEqual(expected, result, "what is read is the first device's");
    }

    [TestMethod]
    public void AddingUpLetsWhatFollowsDepartToo()
    {
        List<LaunchComparison> seen = Run(new OracleDevice(), Broken("second.conv", places: 1), isolated: false, out _);
        Assert.AreEqual("second.conv", seen.First(launch => launch.Distance > 0).Path);
        Assert.IsGreaterThan(1, seen.Count(launch => launch.Distance > 0));
    }

    [TestMethod]
    public void AResultThatIsNoNumberIsInfinitelyFar()
    {
        List<LaunchComparison> seen = Run(new OracleDevice(), Broken("second.conv", places: 1, by: float.NaN), isolated: true, out _);
        LaunchComparison bad = seen.Single(launch => launch.Distance > 0);
        Assert.AreEqual(double.PositiveInfinity, bad.Relative);
        Assert.AreEqual("[1, 2, 3, 4]", bad.Index);
        Assert.IsTrue(double.IsNaN(bad.Second));
    }

    [TestMethod]
    public void MovesOfTheSamplerAreCompared()
    {
        List<LaunchComparison> seen = [];
        using ComparingDevice device = new(new OracleDevice(), new OracleDevice(), seen.Add);
        using DeviceMemory memory = device.Allocate(64, "test");
        device.Upload(memory.Address, MemoryMarshal.AsBytes<float>([1, 2, 3, 4]));
        device.Combine(memory.Address + 16, [memory.Address, memory.Address], [2, -0.5], 4);
        float[] read = new float[4];
        device.Download(memory.Address + 16, MemoryMarshal.AsBytes(read.AsSpan()));
        CollectionAssert.AreEqual(new[] { 1.5f, 3, 4.5f, 6 }, read);
        Assert.AreEqual("Combine", seen.Single().Op);
        memory.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => device.Download(memory.Address, new byte[4]));
    }

    // The device whose convolution at a path is off by one number.
    private static WrappingDevice Broken(string path, int places, float by = 1)
    {
        int wrong = places;
        return new WrappingDevice(new OracleDevice(), (op, prepared) => op is not Conv2d ? prepared : new OffPrepared(prepared, path, () => wrong-- > 0, by));
    }

    private static List<LaunchComparison> Run(Device first, Device second, bool isolated, out float[] result)
    {
        List<LaunchComparison> seen = [];
        using ComparingDevice device = new(first, second, seen.Add, isolated);
        using MemoryWeights weights = new();
        Graph graph = new();
        Value x = graph.Input("x", Picture, Stage.Evaluation);
        Random random = new(3);
        Value Weight(string name)
        {
            weights.Add(name, ElementType.F32, [.. Enumerable.Range(0, 8 * 8 * 9).Select(_ => (float)random.NextDouble() - 0.5f)]);
            return graph.Weight(name, new TensorType(new Shape(8, 8, 3, 3)));
        }

        Value y = x;
        foreach (string layer in new[] { "first", "second", "third" })
        {
            y = y.Conv2d(Weight($"{layer}.weight"), 1, Padding.All(1), $"{layer}.conv").Silu();
        }

        using Compiled compiled = new(device, [new Variant(y)], 1, weights);
        compiled.Run.Set<float>("x", [.. Enumerable.Range(0, (int)Picture.Count).Select(_ => (float)random.NextDouble() - 0.5f)]);
        compiled.Run.Evaluate();
        result = compiled.Run.Read();
        return seen;
    }

    private sealed class OffPrepared(Prepared inner, string path, Func<bool> strikes, float by) : Prepared
    {
        public override long Scratch => inner.Scratch;

        public override Launch Bind(ReadOnlySpan<Place> places, string layer) =>
            new AroundPrepared(inner, after: (all, bases) =>
            {
                if (layer == path && strikes())
                {
                    ((float*)bases.Address(all[2]))[((((1 * Picture.Height) + 2) * Picture.Width) + 3) * Picture.Channels + 4] += by;
                }
            }).Bind(places, layer);
    }
}
