using ILGPU;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Indivisible changes by many items.</summary>
[TestClass]
public sealed class AtomicTests
{
    [TestMethod]
    public void IntegersAreCountedOnce()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(new[] { 640, 639, -3, 640 }, lab.Fill<int>(Integers, (20, 32), [0, -1, 5, 0]));
    }

    [TestMethod]
    public void FloatsAreAddedAndCompared()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(new[] { 320f, 63.5f, -1.5f }, lab.Fill<float>(Floats, (20, 32), [0, 0, 0]));
    }

    [TestMethod]
    public void OneItemExchangesFirst()
    {
        using Lab lab = new();
        int[] result = lab.Fill<int>(Exchanges, (4, 8), [-1, 0]);
        Assert.IsInRange(0, 31, result[0]);
        Assert.AreEqual(1, result[1]);
    }

    private static void Integers(ArrayView<int> values)
    {
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        Atomic.Add(ref values[0], 1);
        Atomic.Max(ref values[1], at);
        Atomic.Min(ref values[2], at - 3);
        int before = Atomic.Add(ref values[3], 1);
        if (before < 0)
        {
            values[3] = -1000;
        }
    }

    private static void Floats(ArrayView<float> values)
    {
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        Atomic.Add(ref values[0], 0.5f);
        Atomic.Max(ref values[1], (at % 128) * 0.5f);
        Atomic.Min(ref values[2], (at - 3) * 0.5f);
    }

    private static void Exchanges(ArrayView<int> values)
    {
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (Atomic.CompareExchange(ref values[0], -1, at) == -1)
        {
            Atomic.Add(ref values[1], 1);
        }
    }
}
