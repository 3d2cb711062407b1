using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class HeaderFuzzTests
{
    private const int Cases = 10_000;

    private static readonly string[] Tokens =
    [
        "-1", "0", "1", "8", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e30", "1.5", "null", "true", "[]", "{}", "\"\"", "\"x\"", "\"F32\"", "\"F16\"", "\"BOOL\"",
        "\"F4\"", "\"__metadata__\"", "\"\\ud800\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "[", "]", "{", "}", ",", ":", "\"", "\\", "\0", " ", "//", "NaN", "-Infinity",
    ];

    [TestMethod]
    public void EveryHeaderIsReadOrRefused()
    {
        var random = new Random(20260101);
        using var folder = new TemporaryFolder();
        int valid = 0, refused = 0;
        for (var i = 0; i < Cases; i++)
        {
            var bytes = Case(random);
            var path = folder["fuzz.safetensors"];
            File.WriteAllBytes(path, bytes);
            try
            {
                using var file = SafetensorsFile.Open(path);
                CheckInside(file, bytes);
                valid++;
            }
            catch (SafetensorsException e)
            {
                refused++;
                StringAssert.Matches(e.Message, new Regex("([Ff]etch it again|Use (a|the model's))", RegexOptions.Singleline));
            }
            catch (Exception e)
            {
                Assert.Fail($"Case {i} ended in {e.GetType().Name}: {e.Message}\n{Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 2000)))}");
            }
        }

        Assert.IsGreaterThan(Cases / 50, valid, "Some mutations must leave a valid file.");
        Assert.IsGreaterThan(Cases / 2, refused);
    }

    [TestMethod]
    public void DeepNestingIsRefused()
    {
        using var folder = new TemporaryFolder();
        foreach (var header in new[] { new string('[', 1_000_000), string.Concat(Enumerable.Repeat("{\"a\":", 200_000)), $$$"""{"x":{"y":{{{new string('[', 1_000_000)}}}""" })
        {
            Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder.Raw(header, 0)));
        }
    }

    private static unsafe void CheckInside(SafetensorsFile file, byte[] bytes)
    {
        // Each tensor's bytes must be the file's own, in order and without gaps from the end of the header.
        var offset = 8 + BinaryPrimitives.ReadInt64LittleEndian(bytes);
        foreach (var tensor in file.Tensors.Values.OrderBy(t => (nint)t.Data).ThenBy(t => t.Bytes))
        {
            Assert.IsLessThanOrEqualTo(bytes.Length, offset + tensor.Bytes);
            Assert.IsTrue(tensor.Span(0, (int)tensor.Bytes).SequenceEqual(bytes.AsSpan((int)offset, (int)tensor.Bytes)), tensor.Name);
            offset += tensor.Bytes;
        }

        Assert.AreEqual(bytes.Length, offset);
    }

    private static byte[] Case(Random random)
    {
        if (random.Next(20) == 0)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            return noise;
        }

        var header = Encoding.UTF8.GetBytes(ValidHeader(random, out var dataBytes)).ToList();
        for (var edits = random.Next(4); edits > 0; edits--)
        {
            Mutate(random, header);
        }

        var data = new byte[dataBytes];
        random.NextBytes(data);
        long length = random.Next(15) switch
        {
            0 => random.NextInt64(long.MinValue, long.MaxValue),
            1 => header.Count + random.Next(-20, 20),
            _ => header.Count,
        };
        byte[] file = [.. BitConverter.GetBytes(length), .. header, .. data];
        return random.Next(15) switch
        {
            0 => file[..random.Next(file.Length)],
            1 => [.. file, .. new byte[random.Next(20)]],
            _ => file,
        };
    }

    private static string ValidHeader(Random random, out int dataBytes)
    {
        var parts = new List<string>();
        if (random.Next(2) == 0)
        {
            parts.Add("\"__metadata__\":{\"format\":\"pt\"}");
        }

        dataBytes = 0;
        (string Name, int Size)[] types = [("F32", 4), ("F16", 2), ("BF16", 2), ("U8", 1), ("I64", 8), ("F8_E4M3", 1), ("BOOL", 1)];
        for (var tensors = random.Next(6); tensors > 0; tensors--)
        {
            var (type, size) = types[random.Next(types.Length)];
            var shape = Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(5)).ToArray();
            var bytes = shape.Aggregate(size, (product, n) => product * n);
            parts.Add($"\"block.{tensors}.weight\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{dataBytes},{dataBytes + bytes}]}}");
            dataBytes += bytes;
        }

        return $"{{{string.Join(',', parts)}}}".PadRight(random.Next(200));
    }

    private static void Mutate(Random random, List<byte> header)
    {
        var at = random.Next(header.Count);
        switch (random.Next(6))
        {
            case 0:
                header[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                header[at] = (byte)random.Next(256);
                break;
            case 2:
                header.RemoveRange(at, Math.Min(random.Next(1, 12), header.Count - at - 1));
                break;
            case 3:
                header.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                break;
            case 4:
                // A run of the header again elsewhere: doubled names, entries and braces.
                header.InsertRange(random.Next(header.Count), header.GetRange(at, Math.Min(random.Next(1, 90), header.Count - at)));
                break;
            default:
                ReplaceNumber(random, header, at);
                break;
        }
    }

    private static void ReplaceNumber(Random random, List<byte> header, int from)
    {
        var start = header.FindIndex(from, b => b is >= (byte)'0' and <= (byte)'9');
        if (start >= 0)
        {
            var end = header.FindIndex(start, b => b is < (byte)'0' or > (byte)'9');
            header.RemoveRange(start, (end < 0 ? header.Count : end) - start);
            header.InsertRange(start, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
        }
    }
}
