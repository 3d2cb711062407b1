namespace IlgpuDiffusion.Testing;

[TestClass]
public sealed class GoldenTensorsGoldenTests
{
    private static readonly GoldenTensors File = GoldenTensors.Find("dtypes.safetensors");

    [TestMethod]
    [DataRow("f16")]
    [DataRow("bf16")]
    public void NarrowFloatsAreReadExactly(string type) =>
        Assert.AreEqual(0.0, GoldenAssert.Close(File.Floats(type + ".as_f32"), File.Floats(type), 0, type));

    [TestMethod]
    public void EveryTensorHasTheBytesOfItsShape()
    {
        foreach (string name in File.Names)
        {
            long count = File.Shape(name).Aggregate(1L, (product, size) => product * size);
            long width = File.Type(name) switch { "F64" or "I64" or "U64" => 8, "F32" or "I32" or "U32" => 4, "F16" or "BF16" or "I16" or "U16" => 2, _ => 1 };
            Assert.AreEqual(count * width, File.Bytes(name).Length, name);
        }
    }

    [TestMethod]
    public void AValueThatDepartsIsNamed()
    {
        AssertFailedException failure = Assert.ThrowsExactly<AssertFailedException>(() => GoldenAssert.Close([1, 2, 3], [1, 2.5f, 3], 1e-3, "three"));
        StringAssert.Contains(failure.Message, "worst at 1 of 3: expected 2, got 2.5");
        Assert.ThrowsExactly<AssertFailedException>(() => GoldenAssert.Close([1], [float.NaN], 1e-3, "one"));
    }
}
