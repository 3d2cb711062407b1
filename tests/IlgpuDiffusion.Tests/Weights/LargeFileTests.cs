using System.Buffers.Binary;
using System.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class LargeFileTests
{
    private const long Large = 5_000_000_000;

    [TestMethod]
    public unsafe void AFileBeyondFourGigabytesIsReadToItsEnd()
    {
        using var folder = new TemporaryFolder();
        var path = folder["large.safetensors"];
        var header = Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"U8","shape":[5,1000000000],"data_offsets":[0,{{{Large}}}]},"b":{"dtype":"F32","shape":[2],"data_offsets":[{{{Large}}},{{{Large + 8}}}]}}""");
        try
        {
            // The file is sparse: it takes a few pages of the disk.
            using var stream = File.Create(path);
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
            stream.Write(bytes);
            stream.Write(header);
            stream.Position = 8 + header.Length + Large - 1;
            stream.WriteByte(77);
            BinaryPrimitives.WriteSingleLittleEndian(bytes, 1.5f);
            BinaryPrimitives.WriteSingleLittleEndian(bytes[4..], -2f);
            stream.Write(bytes);
        }
        catch (IOException e)
        {
            Assert.Inconclusive($"No room for a sparse file of 5 GB: {e.Message}");
        }

        using var store = WeightStore.Open(path);
        CollectionAssert.AreEqual(new[] { 1.5f, -2f }, store.Get("b", 2).ToSingles());
        var a = store.Get("a", 5, 1_000_000_000);
        Assert.AreEqual(Large, a.Bytes);
        Assert.AreEqual(77, a.Data[Large - 1]);
        Assert.AreEqual(0, a.Data[3_000_000_000]);
    }
}
