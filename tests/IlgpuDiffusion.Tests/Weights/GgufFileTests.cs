using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class GgufFileTests
{
    private const uint Q4K = 12;

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow(2u, 32)]
    [DataRow(3u, 64)]
    public void PlainNumbersAreReadWhereTheyAre(uint version, int alignment)
    {
        GgufWriter writer = new() { Version = version, Alignment = alignment };
        writer.Text("general.architecture", "flux").Number("general.alignment", (uint)alignment).Texts("words", "a", "").Ints("numbers", 1, 2, 3);
        writer.Add("f32", 0, [2, 3], Bytes(1f, 2, 3, 4, 5, 6));
        writer.Add("f16", 1, [2], Bytes((Half)1.5f, (Half)(-2)));
        writer.Add("bf16", 30, [1], [0x80, 0x3F]);
        writer.Add("scalar", 0, [], Bytes(7f));
        using GgufFile file = GgufFile.Open(writer.Save(_folder["x.gguf"]));
        Assert.AreEqual("flux", file.Metadata["general.architecture"]);
        CollectionAssert.AreEqual((long[])[2, 3], file.Tensors["f32"].Shape.ToArray());
        CollectionAssert.AreEqual((float[])[4, 5, 6], file.Tensors["f32"].Rows("row", 1, 1).ToSingles());
        CollectionAssert.AreEqual((float[])[1.5f, -2], file.Tensors["f16"].ToSingles());
        Assert.AreEqual(ElementType.BF16, file.Tensors["bf16"].Type);
        Assert.AreEqual(1, file.Tensors["bf16"].ToSingles()[0]);
        Assert.AreEqual(7, file.Tensors["scalar"].ToSingles()[0]);
        Assert.IsFalse(file.Tensors["f32"].IsMade);
    }

    [TestMethod]
    public void BlocksMayReachOverRowsAndAreMadeAgainAfterTheyWereReleased()
    {
        // As ComfyUI-GGUF cuts kernels anew, whose rows are no whole blocks; large enough for several threads.
        byte[] data = new byte[2048 * 144];
        new Random(3).NextBytes(data);
        for (int block = 0; block < 2048; block++)
        {
            // Scales that are numbers.
            (data[(block * 144) + 1], data[(block * 144) + 3]) = (0x3C, 0x38);
        }

        GgufWriter writer = new();
        writer.Add("plain", Q4K, [2048, 256], data);
        writer.Add("cut", Q4K, [2048, 256], data);
        writer.Ints("comfy.gguf.orig_shape.cut", 4096, 128);
        using GgufFile file = GgufFile.Open(writer.Save(_folder["x.gguf"]));
        WeightTensor cut = file.Tensors["cut"];
        CollectionAssert.AreEqual((long[])[4096, 128], cut.Shape.ToArray());
        float[] all = file.Tensors["plain"].ToSingles();
        CollectionAssert.AreEqual(all, cut.ToSingles());
        CollectionAssert.AreEqual(all[(3 * 128)..(6 * 128)], cut.Rows("rows", 3, 3).ToSingles());
        CollectionAssert.AreEqual(all[(128 * 2047)..(128 * 4096)], cut.Rows("rows", 2047, 2049).Renamed("other").ToSingles());
        cut.Release();
        CollectionAssert.AreEqual(all, cut.ToSingles());
    }

    [TestMethod]
    public unsafe void AFingerprintMakesNoWholeTensor()
    {
        using MadeTensors made = new();
        long most = 0;
        WeightTensor tensor = made.Make("x", ElementType.F16, [1000, 1000], "x", (start, count, to) =>
        {
            most = Math.Max(most, count);
            new Span<Half>(to, (int)count).Fill((Half)start);
        });
        using WeightStore store = WeightStore.Of("x", [tensor]);
        string print = WeightFingerprint.Of([store]);
        Assert.IsLessThan(1000, most);
        Assert.AreEqual(print, WeightFingerprint.Of([store]));
    }

    [TestMethod]
    public void WhatIsNotReadIsNamed()
    {
        GgufWriter other = new();
        other.Add("a.weight", 23, [256], new byte[136]);
        StringAssert.Contains(Refused(other), "tensor 'a.weight' is stored as IQ4_XS, which is not read. Use a file of one of Q4_0");
        StringAssert.Contains(Refused(new GgufWriter { Version = 1 }), "GGUF of version 1");
        StringAssert.Contains(Refused(new GgufWriter { Version = 0x03000000 }), "turned round");
        GgufWriter part = new();
        part.Add("a.weight", Q4K, [2, 128], new byte[144]);
        StringAssert.Contains(Refused(part), "rows of 128 numbers are no whole blocks of Q4_K");
        GgufWriter shape = new();
        shape.Add("a.weight", Q4K, [1, 256], new byte[144]);
        shape.Ints("comfy.gguf.orig_shape.a.weight", 3, 100);
        StringAssert.Contains(Refused(shape), "says [3, 100], but there are 256 numbers");
        GgufWriter unaligned = new GgufWriter().Number("general.alignment", 64);
        unaligned.Add("a", 0, [1], new byte[4]);
        unaligned.Add("b", 0, [1], new byte[4]);
        StringAssert.Contains(Refused(unaligned), "begins at 32, which is no multiple of 64");
        GgufWriter twice = new();
        twice.Add("a", 0, [1], new byte[4]);
        twice.Add("a", 0, [1], new byte[4]);
        StringAssert.Contains(Refused(twice), "occurs twice");
        GgufWriter whole = new();
        whole.Add("a", 0, [8], new byte[32]);
        byte[] bytes = whole.ToBytes();
        File.WriteAllBytes(_folder["x.gguf"], bytes[..^1]);
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => GgufFile.Open(_folder["x.gguf"])).Message, "tensor 'a': its data ends at byte");
        File.WriteAllBytes(_folder["x.gguf"], bytes[..56]);
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => GgufFile.Open(_folder["x.gguf"])).Message, "ends within its header");
    }

    private static byte[] Bytes<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    private string Refused(GgufWriter writer)
    {
        writer.Save(_folder["x.gguf"]);
        return Assert.ThrowsExactly<ModelFileException>(() => GgufFile.Open(_folder["x.gguf"])).Message;
    }
}
