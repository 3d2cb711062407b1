using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class WeightStoreTests
{
    [TestMethod]
    public void UseIsRecorded()
    {
        using var folder = new TemporaryFolder();
        using var store = WeightStore.Open(folder.Tensors("a.safetensors", "a.weight", "b.weight", "c.position_ids"));
        Assert.HasCount(3, store.Unused);
        Assert.AreEqual(0.5f, store.Get("a.weight", 2).ToSingles()[1]);
        Assert.IsTrue(store.Contains("b.weight"));
        Assert.IsNull(store.Find("d"));
        store.Ignore(n => n.EndsWith("position_ids", StringComparison.Ordinal));
        Assert.AreEqual("b.weight", store.Unused.Single().Name);

        var error = Assert.ThrowsExactly<ModelFileException>(store.ThrowIfUnused);
        StringAssert.Contains(error.Message, "'b.weight'. The nearest used name is 'a.weight'.");
        store.Get("b.weight");
        store.ThrowIfUnused();
    }

    [TestMethod]
    public void AMissingTensorIsNamedWithTheNearest()
    {
        using var folder = new TemporaryFolder();
        using var store = WeightStore.Open(folder.Tensors("a.safetensors", "down_blocks.0.attentions.0.norm.weight", "down_blocks.0.resnets.0.norm1.weight", "conv_in.bias"));
        var error = Assert.ThrowsExactly<ModelFileException>(() => store.Get("down_blocks.0.resnets.0.norm.weight"));
        StringAssert.Contains(error.Message, "no tensor 'down_blocks.0.resnets.0.norm.weight'");
        StringAssert.Contains(error.Message, "'down_blocks.0.resnets.0.norm1.weight'");
        StringAssert.Contains(error.Message, store.Source);
    }

    [TestMethod]
    public void AMisshapenTensorIsNamedWithBothShapes()
    {
        using var folder = new TemporaryFolder();
        using var store = WeightStore.Open(folder.Tensors("a.safetensors", "x"));
        var error = Assert.ThrowsExactly<ModelFileException>(() => store.Get("x", 3, 4));
        StringAssert.Contains(error.Message, "tensor 'x' has the shape [2], but the model needs [3, 4]");
    }

    [TestMethod]
    public void NamesAreMapped()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Tensors("a.safetensors", "text_model.a", "text_model.position_ids", "b");
        using var store = WeightStore.Open(path, new WeightOptions { Rename = n => n.EndsWith("ids", StringComparison.Ordinal) ? null : n.Replace("text_model.", string.Empty, StringComparison.Ordinal) });
        CollectionAssert.AreEquivalent(new[] { "a", "b" }, store.Names.ToArray());
        Assert.AreEqual("a", store.Get("a").Name);
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => WeightStore.Open(path, new WeightOptions { Rename = _ => "same" })).Message, "'same' occurs twice");
    }

    [TestMethod]
    public void NaNIsSaidWithItsPlace()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafetensorsWriter();
        var values = new float[60];
        values[47] = float.NaN;
        writer.Add("good", [3, 20], new float[60]);
        writer.Add("bad", [3, 20], values);
        writer.Save(folder["a.safetensors"]);
        using var store = WeightStore.Open(folder["a.safetensors"]);
        store.Get("good").ThrowIfNotFinite();
        var error = Assert.ThrowsExactly<ModelFileException>(() => store.Get("bad").ThrowIfNotFinite());
        StringAssert.Contains(error.Message, "tensor 'bad' holds NaN at [2, 7]");
        StringAssert.Contains(error.Message, "a.safetensors");
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void SyntheticWeightsAreRepeatableAndScaled(ElementType type)
    {
        (string, long[])[] shapes = [("conv.weight", [40, 32, 3, 3]), ("conv.bias", [40]), ("norm.weight", [5000])];
        using var one = WeightStore.Synthetic(shapes, type, seed: 7);
        using var two = WeightStore.Synthetic(shapes.Reverse(), type, seed: 7);
        using var other = WeightStore.Synthetic(shapes, type, seed: 8);
        foreach (var (name, shape) in shapes)
        {
            CollectionAssert.AreEqual(one.Get(name, shape).ToSingles(), two.Get(name).ToSingles());
            CollectionAssert.AreNotEqual(one.Get(name).ToSingles(), other.Get(name).ToSingles());
            one.Get(name).ThrowIfNotFinite();
        }

        var conv = one.Get("conv.weight").ToSingles();
        Assert.AreEqual(0, conv.Average(), 2e-3);
        Assert.AreEqual(1.0 / (32 * 9), conv.Average(x => x * x), 1e-4);
        Assert.AreEqual(1, one.Get("norm.weight").ToSingles().Average(), 5e-3);
        Assert.IsLessThanOrEqualTo(0.0201f, one.Get("conv.bias").ToSingles().Max(MathF.Abs));
    }

    [TestMethod]
    public unsafe void ShapesAloneHoldNoData()
    {
        using var store = WeightStore.ShapesOnly([("huge", [1L << 20, 1L << 20])], ElementType.F32);
        var huge = store.Get("huge");
        Assert.IsTrue(huge.Data == null);
        Assert.IsFalse(huge.HasData);
        Assert.AreEqual(1L << 42, store.Bytes);
        Assert.ThrowsExactly<InvalidOperationException>(() => huge.ThrowIfNotFinite());
        store.Release(huge);
    }

    [TestMethod]
    public void TensorsAreSavedFromAStore()
    {
        using var folder = new TemporaryFolder();
        (string, long[])[] shapes = [("large", [900, 1000]), ("small", [3])];
        using var store = WeightStore.Synthetic(shapes, ElementType.F16, 1);
        var writer = new SafetensorsWriter();
        foreach (var tensor in store.Tensors)
        {
            writer.Add(tensor);
        }

        Assert.ThrowsExactly<ArgumentException>(() => writer.Add(store.Get("small")));
        writer.Save(folder["a.safetensors"]);
        using var back = WeightStore.Open(folder["a.safetensors"]);
        CollectionAssert.AreEqual(store.Get("large").ToSingles(), back.Get("large", 900, 1000).ToSingles());
    }

    [TestMethod]
    public void AFailedSaveLeavesNothingBehind()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["taken/inside"]);
        var writer = new SafetensorsWriter();
        writer.Add("x", [1], [1f]);
        try
        {
            writer.Save(folder["taken"]);
            Assert.Fail("A folder stands where the file should be.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
        }
    }
}
