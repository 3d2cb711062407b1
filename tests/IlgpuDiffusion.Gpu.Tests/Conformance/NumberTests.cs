using ILGPU;
using Half = ILGPU.Half;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Numbers of 16 bits, bits of numbers, and arithmetic.</summary>
[TestClass]
public sealed class NumberTests
{
    [TestMethod]
    public void EveryHalfWidensExactly()
    {
        using Lab lab = new();
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i).Where(bits => !System.Half.IsNaN(BitConverter.UInt16BitsToHalf(bits)))];
        float[] widened = lab.Map<ushort, float>(Widen, ((all.Length + 31) / 32, 32), all, all.Length);
        CollectionAssert.AreEqual(all.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits)).ToArray(), widened);
    }

    [TestMethod]
    public void NumbersThatFitHalfAreKeptExactly()
    {
        using Lab lab = new();
        float[] numbers = [0, 1, -1, 0.5f, 2048, 65504, -65504, 6.1035156e-05f, 0.25f, -3.140625f];
        CollectionAssert.AreEqual(numbers, lab.Map<float, float>(ThroughHalf, (numbers.Length, 1), numbers, numbers.Length));
    }

    [TestMethod]
    public void NumbersRoundToAHalfNearby()
    {
        using Lab lab = new();
        float[] numbers = [.. Enumerable.Range(1, 500).Select(i => i * 0.3713f)];
        float[] halves = lab.Map<float, float>(ThroughHalf, (numbers.Length, 1), numbers, numbers.Length);
        for (int i = 0; i < numbers.Length; i++)
        {
            // ILGPU's own conversion on a CPU cuts off; a GPU rounds to nearest.
            Assert.AreEqual(numbers[i], halves[i], numbers[i] / 1024);
        }
    }

    [TestMethod]
    public void BrainFloatsRoundToNearestEven()
    {
        using Lab lab = new();
        float[] numbers = [1, 1.00390625f, 1.01171875f, 3.1415927f, -2.7182817f, 1e30f, 1e-30f, 0];
        uint[] bits = lab.Map<float, uint>(ToBrain, (numbers.Length, 1), numbers, numbers.Length);
        CollectionAssert.AreEqual(new uint[] { 0x3f80, 0x3f80, 0x3f82, 0x4049, 0xc02e, 0x714a, 0x0da2, 0 }, bits);
        float[] back = lab.Map<uint, float>(FromBrain, (bits.Length, 1), bits, bits.Length);
        CollectionAssert.AreEqual(bits.Select(b => BitConverter.UInt32BitsToSingle(b << 16)).ToArray(), back);
    }

    [TestMethod]
    public void ElementaryFunctionsAreThoseOfTheProcessor()
    {
        using Lab lab = new();
        float[] numbers = [0.1f, 0.5f, 1, 2, 7.25f];
        float[] values = lab.Map<float, float>(Functions, (numbers.Length, 1), numbers, numbers.Length * 3);
        for (int i = 0; i < numbers.Length; i++)
        {
            Assert.AreEqual(MathF.Exp(numbers[i]), values[3 * i], 1e-6f * MathF.Exp(numbers[i]));
            Assert.AreEqual(MathF.Sqrt(numbers[i]), values[(3 * i) + 1], 1e-6f);
            Assert.AreEqual(MathF.Max(-numbers[i], MathF.Abs(numbers[i])), values[(3 * i) + 2]);
        }
    }

    private static void Widen(ArrayView<ushort> bits, ArrayView<float> values)
    {
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (at < bits.IntLength)
        {
            values[at] = Interop.IntAsFloat(bits[at]);
        }
    }

    private static void ThroughHalf(ArrayView<float> numbers, ArrayView<float> halves) => halves[Grid.IdxX] = (Half)numbers[Grid.IdxX];

    private static void ToBrain(ArrayView<float> numbers, ArrayView<uint> bits)
    {
        uint b = Interop.FloatAsInt(numbers[Grid.IdxX]);
        bits[Grid.IdxX] = (b + 0x7fff + ((b >> 16) & 1)) >> 16;
    }

    private static void FromBrain(ArrayView<uint> bits, ArrayView<float> numbers) => numbers[Grid.IdxX] = Interop.IntAsFloat(bits[Grid.IdxX] << 16);

    private static void Functions(ArrayView<float> numbers, ArrayView<float> values)
    {
        float x = numbers[Grid.IdxX];
        values[Grid.IdxX * 3] = MathF.Exp(x);
        values[(Grid.IdxX * 3) + 1] = MathF.Sqrt(x);
        values[(Grid.IdxX * 3) + 2] = MathF.Max(-x, MathF.Abs(x));
    }
}
