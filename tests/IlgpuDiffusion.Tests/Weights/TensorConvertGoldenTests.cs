using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class TensorConvertGoldenTests
{
    [TestMethod]
    [DataRow("f16")]
    [DataRow("bf16")]
    [DataRow("f8_e4m3")]
    [DataRow("f8_e5m2")]
    public void PatternsHaveTorchsValues(string name)
    {
        using var file = SafetensorsFile.Open(Golden.Find("dtypes.safetensors"));
        var expected = file[name + ".as_f32"].ToSingles();
        var actual = file[name].ToSingles();
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++)
        {
            AssertSame(expected[i], actual[i], $"{name} pattern {i}");
        }
    }

    [TestMethod]
    [DataRow("f16")]
    [DataRow("bf16")]
    [DataRow("f8_e4m3")]
    [DataRow("f8_e5m2")]
    public void RoundingGivesTorchsPatterns(string name)
    {
        using var file = SafetensorsFile.Open(Golden.Find("dtypes.safetensors"));
        var expected = file["f32.to_" + name];
        var source = file["f32"].ToSingles();
        var actual = new byte[expected.Bytes];
        TensorConvert.FromSingle(expected.Type, source, actual);
        CollectionAssert.AreEqual(expected.Span(0, actual.Length).ToArray(), actual);

        // One at a time takes the path that has no vectors.
        var size = expected.Type.Size();
        for (var i = 0; i < source.Length; i++)
        {
            TensorConvert.FromSingle(expected.Type, source.AsSpan(i, 1), actual.AsSpan(i * size, size));
        }

        CollectionAssert.AreEqual(expected.Span(0, actual.Length).ToArray(), actual);
    }

    [TestMethod]
    public void OtherTypesAndShapesAreRead()
    {
        using var file = SafetensorsFile.Open(Golden.Find("dtypes.safetensors"));
        Assert.IsTrue(file["scalar"].HasShape());
        Assert.HasCount(1, file["scalar"].ToSingles());
        Assert.HasCount(0, file["empty"].ToSingles());
        Assert.AreEqual(ElementType.Bool, file["bool"].Type);
        CollectionAssert.AreEqual(new[] { 1f, 0f, 1f }, file["bool"].ToSingles());
        CollectionAssert.AreEqual(Enumerable.Range(0, 256).Select(i => (float)i).ToArray(), file["u8"].ToSingles());
        Assert.IsNotEmpty(file.Metadata);
    }

    private static void AssertSame(float expected, float actual, string what)
    {
        if (float.IsNaN(expected))
        {
            Assert.IsTrue(float.IsNaN(actual), what);
        }
        else
        {
            Assert.AreEqual(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(actual), what);
        }
    }
}
