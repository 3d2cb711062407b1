using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class SafetensorsFileTests
{
    [TestMethod]
    public void WhatIsWrittenIsRead()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt", ["who"] = "ä\"\n" } };
        writer.Add("matrix", [2, 3], [1, 2, 3, 4, 5, -0f]);
        writer.Add("byte", ElementType.U8, [3], new byte[] { 7, 8, 9 });
        writer.Add("empty", ElementType.F16, [0, 4], default);
        writer.Add("scalar", [], [2.5f]);
        writer.Save(folder["a.safetensors"]);

        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        Assert.HasCount(4, file.Tensors);
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5, -0f }, file["matrix"].ToSingles());
        CollectionAssert.AreEqual(new[] { 7f, 8f, 9f }, file["byte"].ToSingles());
        Assert.AreEqual(0, file["empty"].Bytes);
        Assert.AreEqual(2.5f, file["scalar"].ToSingles()[0]);
        Assert.AreEqual("ä\"\n", file.Metadata["who"]);
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public unsafe void DataIsNotReachableAfterDispose()
    {
        using var folder = new TemporaryFolder();
        var file = SafetensorsFile.Open(folder.Tensors("a.safetensors", "x"));
        var tensor = file["x"];
        file.Dispose();
        file.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => _ = tensor.Data == null);
        Assert.ThrowsExactly<ObjectDisposedException>(() => tensor.ToSingles());
    }

    [TestMethod]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "truncated")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "the last tensor ends")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "mislabelled")]
    [DataRow("""{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}""", 8, "mislabelled")]
    [DataRow("""{"x":{"dtype":"Q4_0","shape":[2],"data_offsets":[0,8]}}""", 8, "'Q4_0' is not supported")]
    [DataRow("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "whole numbers from 0")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "whole numbers from 0")]
    [DataRow("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "beyond 64 bits")]
    [DataRow("""{"x":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""", 0, "beyond 64 bits")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "before it begins")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", 8, "3 numbers in place of 2")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2]}}""", 8, "'data_offsets' is missing")]
    [DataRow("""{"x":{"shape":[2],"data_offsets":[0,8]}}""", 8, "'dtype' is missing")]
    [DataRow("""{"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "'dtype' occurs twice")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "occurs twice")]
    [DataRow("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlaps")]
    [DataRow("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20, "gap from 8 to 12")]
    [DataRow("""{"x":3}""", 0, "not an object")]
    [DataRow("""{"__metadata__":{"a":1}}""", 0, "not a text")]
    [DataRow("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "occurs twice")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", 8, "not valid JSON")]
    [DataRow("""{} x""", 0, "not valid JSON")]
    public void ABadHeaderIsRefusedWithTheReason(string header, int dataBytes, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Raw(header, dataBytes);
        var error = Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(path));
        StringAssert.Contains(error.Message, reason);
        StringAssert.Contains(error.Message, path);
        Assert.AreEqual(error.Tensor is not null, error.Message.Contains($"tensor '{error.Tensor}'", StringComparison.Ordinal));
    }

    [TestMethod]
    public void AHugeHeaderLengthIsRefused()
    {
        using var folder = new TemporaryFolder();
        foreach (var (length, reason) in new[] { (ulong.MaxValue, "has only 20"), (1ul << 40, "has only 20"), (13ul, "has only 20") })
        {
            File.WriteAllBytes(folder["a.safetensors"], [.. BitConverter.GetBytes(length), .. new byte[12]]);
            StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder["a.safetensors"])).Message, reason);
        }

        using (var stream = File.Create(folder["b.safetensors"]))
        {
            stream.Write(BitConverter.GetBytes(100_000_001L));
            stream.SetLength(200_000_000);
        }

        StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder["b.safetensors"])).Message, "the format allows");
        File.WriteAllBytes(folder["c.safetensors"], []);
        StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder["c.safetensors"])).Message, "too few");
        StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder["none.safetensors"])).Message, "cannot be opened");
        StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder.Path)).Message, "cannot be opened");
    }

    [TestMethod]
    public void OtherFormatsAreRecognised()
    {
        using var folder = new TemporaryFolder();
        foreach (var (start, reason) in new (byte[], string)[]
        {
            ([.. "PK\x03\x04"u8, .. new byte[60]], "runs the code"),
            ([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20], "runs the code"),
            ([.. "GGUF"u8, 3, 0, 0, 0, 0, 0], "GGUF"),
            ([.. "version https://git-lfs.github.com/spec/v1"u8], "Git LFS"),
        })
        {
            File.WriteAllBytes(folder["a.ckpt"], start);
            StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder["a.ckpt"])).Message, reason);
        }
    }

    [TestMethod]
    public void AHeaderLengthThatLooksLikePickleIsNotTakenForIt()
    {
        using var folder = new TemporaryFolder();
        var header = "{}".PadRight(0x280);
        using var file = SafetensorsFile.Open(folder.Raw(header, 0));
        Assert.HasCount(0, file.Tensors);
    }

    [TestMethod]
    public void AMissingTensorIsNamedWithTheNearest()
    {
        using var folder = new TemporaryFolder();
        using var file = SafetensorsFile.Open(folder.Tensors("a.safetensors", "down.0.weight", "up.0.weight"));
        StringAssert.Contains(Assert.ThrowsExactly<SafetensorsException>(() => file["up.0.wieght"]).Message, "'up.0.weight'");
    }
}
