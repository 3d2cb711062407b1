using System.Text.RegularExpressions;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

/// <summary>Truncated, mislabelled and hostile GGUF headers: each is read, with all data within the file, or refused by name.</summary>
[TestClass]
public sealed class GgufFuzzTests
{
    private const int Cases = 10_000;

    private static readonly ulong[] Sizes = [0, 1, 2, 31, 32, 255, 256, 1 << 16, int.MaxValue, uint.MaxValue, 1ul << 62, long.MaxValue, 1ul << 63, ulong.MaxValue];

    [TestMethod]
    public void EveryHeaderIsReadOrRefused()
    {
        Random random = new(20260102);
        using TemporaryFolder folder = new();
        string path = folder["fuzz.gguf"];
        int valid = 0, refused = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = Case(random);
            try
            {
                CheckHeader(bytes);
                if (i % 20 == 0)
                {
                    File.WriteAllBytes(path, bytes);
                    CheckFile(path);
                }

                valid++;
            }
            catch (ModelFileException e)
            {
                refused++;
                StringAssert.Matches(e.Message, new Regex("^'.*fuzz.gguf'.*([Ff]etch it again|Use a(nother)? file)", RegexOptions.Singleline));
            }
            catch (Exception e)
            {
                Assert.Fail($"Case {i} ended in {e.GetType().Name}: {e.Message}\n{Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 2000)))}");
            }
        }

        Console.WriteLine($"measured {valid} read, {refused} refused");
        Assert.IsGreaterThan(Cases / 50, valid, "Some mutations must leave a valid file.");
        Assert.IsGreaterThan(Cases / 2, refused);
    }

    private static unsafe void CheckHeader(byte[] bytes)
    {
        fixed (byte* start = bytes)
        {
            long end = 0;
            foreach (GgufEntry entry in GgufHeader.Parse(start, bytes.Length, "fuzz.gguf").Entries)
            {
                Assert.IsGreaterThanOrEqualTo(end, entry.Begin);
                end = entry.Begin + entry.Bytes;
                Assert.IsLessThanOrEqualTo(bytes.Length, end);
                Assert.AreEqual(entry.Shape.Aggregate(1L, (product, size) => product * size) / entry.Type.Elements * entry.Type.Bytes, entry.Bytes);
            }
        }
    }

    private static void CheckFile(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        foreach (WeightTensor tensor in file.Tensors.Values)
        {
            Assert.HasCount((int)tensor.Count, tensor.ToSingles());
        }
    }

    private static byte[] Case(Random random)
    {
        List<byte> bytes = [.. Valid(random).ToBytes()];
        for (int edits = random.Next(4); edits > 0 && bytes.Count > 0; edits--)
        {
            // The header is the first few hundred bytes.
            int at = random.Next(Math.Min(bytes.Count, 400));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at)));
                    break;
                default:
                    byte[] size = BitConverter.GetBytes(Sizes[random.Next(Sizes.Length)]);
                    for (int j = 0; j < size.Length && at + j < bytes.Count; j++)
                    {
                        bytes[at + j] = size[j];
                    }

                    break;
            }
        }

        return random.Next(12) == 0 ? [.. bytes[..random.Next(bytes.Count + 1)]] : [.. bytes];
    }

    private static GgufWriter Valid(Random random)
    {
        GgufWriter writer = new() { Version = (uint)random.Next(2, 4) };
        if (random.Next(2) == 0)
        {
            writer.Text("general.architecture", "flux").Number("general.quantization_version", 2);
        }

        if (random.Next(3) == 0)
        {
            writer.Texts("tokens", "a", "bc", "").Ints("some.numbers", 1, 2);
        }

        for (int tensors = random.Next(4); tensors > 0; tensors--)
        {
            GgufType type = GgufType.All[random.Next(GgufType.All.Count)];
            long[] shape = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (long)random.Next(3)), type.Elements];
            byte[] data = new byte[shape.Aggregate(1L, (product, size) => product * size) / type.Elements * type.Bytes];
            random.NextBytes(data);
            writer.Add($"block.{tensors}.weight", type.Number, shape, data);
            if (random.Next(4) == 0)
            {
                writer.Ints($"comfy.gguf.orig_shape.block.{tensors}.weight", shape.Reverse().ToArray());
            }
        }

        return writer;
    }
}
