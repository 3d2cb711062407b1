using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed unsafe class TensorConvertTests
{
    [TestMethod]
    public void EveryHalfIsExact()
    {
        var patterns = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        var values = new float[patterns.Length];
        TensorConvert.ToSingle(ElementType.F16, MemoryMarshal.AsBytes<ushort>(patterns), values);
        for (var i = 0; i < patterns.Length; i++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf(patterns[i]);
            Assert.IsTrue(float.IsNaN(expected) ? float.IsNaN(values[i]) : BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(values[i]), $"pattern {i:X4}");
        }
    }

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    [DataRow(ElementType.F8E4M3)]
    [DataRow(ElementType.F8E5M2)]
    public void RoundingTakesTheNearestAndEvenOnTies(ElementType type)
    {
        // Every finite positive value of the type, the middle to its successor, and both neighbours of the middle.
        var size = type.Size();
        var patterns = 1 << ((size * 8) - 1);
        var bytes = new byte[patterns * size];
        for (var i = 0; i < patterns; i++)
        {
            bytes[i * size] = (byte)i;
            bytes[(i * size) + size - 1] = (byte)(size == 1 ? i : i >> 8);
        }

        var values = new float[patterns];
        TensorConvert.ToSingle(type, bytes, values);
        for (var i = 0; i + 1 < patterns && float.IsFinite(values[i + 1]); i++)
        {
            var middle = (float)(((double)values[i] + values[i + 1]) / 2);
            var even = (i & 1) == 0 ? i : i + 1;
            AssertRounds(type, values[i], i);
            if (middle != values[i] && middle != values[i + 1])
            {
                AssertRounds(type, middle, even);
                AssertRounds(type, MathF.BitDecrement(middle), i);
                AssertRounds(type, MathF.BitIncrement(middle), i + 1);
            }
        }
    }

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    [DataRow(ElementType.F8E4M3)]
    [DataRow(ElementType.F8E5M2)]
    public void NaNStaysNaN(ElementType type)
    {
        // Payloads in the lowest bits alone must not be cut down to infinity.
        float[] source = [.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(0x7F800001), 40), BitConverter.UInt32BitsToSingle(0xFFFFFFFF)];
        var bytes = new byte[source.Length * type.Size()];
        var back = new float[source.Length];
        TensorConvert.FromSingle(type, source, bytes);
        TensorConvert.ToSingle(type, bytes, back);
        Assert.IsTrue(back.All(float.IsNaN));
    }

    [TestMethod]
    public void WideIntegersRoundOnce()
    {
        // 2^63 + 2^39 + 1: rounding to float64 first would make a tie of it and then go down.
        ulong[] values = [0x8000008000000001, ulong.MaxValue, 0, 1, 1ul << 63];
        var result = new float[values.Length];
        TensorConvert.ToSingle(ElementType.U64, MemoryMarshal.AsBytes<ulong>(values), result);
        CollectionAssert.AreEqual(new[] { MathF.BitIncrement(9223372036854775808f), 18446744073709551616f, 0f, 1f, 9223372036854775808f }, result);
    }

    [TestMethod]
    [DataRow(ElementType.F32, 0x7FC00000u)]
    [DataRow(ElementType.F32, 0xFF800000u)]
    [DataRow(ElementType.F16, 0x7C00u)]
    [DataRow(ElementType.F16, 0xFE01u)]
    [DataRow(ElementType.BF16, 0xFF80u)]
    [DataRow(ElementType.F8E4M3, 0xFFu)]
    [DataRow(ElementType.F8E5M2, 0x7Cu)]
    public void FindsTheFirstElementThatIsNotFinite(ElementType type, uint pattern)
    {
        var size = type.Size();
        foreach (var count in new[] { 1, 7, 64, 131 })
        {
            // The largest finite value everywhere else.
            var finite = BitConverter.GetBytes(type switch { ElementType.F32 => 0x7F7FFFFFu, ElementType.F16 => 0x7BFFu, ElementType.BF16 => 0x7F7Fu, ElementType.F8E4M3 => 0x7Eu, _ => 0x7Bu });
            var bytes = new byte[count * size];
            for (var i = 0; i < count; i++)
            {
                finite.AsSpan(0, size).CopyTo(bytes.AsSpan(i * size));
            }

            fixed (byte* data = bytes)
            {
                Assert.AreEqual(-1, NonFinite.Find(type, data, count));
                foreach (var at in new[] { count - 1, count / 2, 0 })
                {
                    BitConverter.GetBytes(pattern).AsSpan(0, size).CopyTo(bytes.AsSpan(at * size));
                    Assert.AreEqual(at, NonFinite.Find(type, data, count));
                }
            }
        }
    }

    private static void AssertRounds(ElementType type, float value, int expected)
    {
        // A lone value takes the scalar path, a row of them the vector path.
        Span<float> source = stackalloc float[32];
        Span<byte> bytes = stackalloc byte[64];
        source.Fill(value);
        foreach (var count in new[] { 1, source.Length })
        {
            TensorConvert.FromSingle(type, source[..count], bytes);
            var actual = type.Size() == 1 ? bytes[0] : MemoryMarshal.Read<ushort>(bytes);
            if (actual != expected)
            {
                Assert.Fail($"{type}: {value:R} became {actual:X} and not {expected:X}");
            }
        }
    }
}
