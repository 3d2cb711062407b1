using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

/// <summary>
/// Blocks of every type of GGUF, with numbers that were worked out by hand from the description of the format. Half precision: 0.25 is 3400, 0.5 is 3800, 1 is 3C00, 2 is 4000, −1 is BC00 (lower byte
/// first in the file).
/// </summary>
[TestClass]
public sealed class GgufBlockTests
{
    // A block as pairs of place and bytes, all else zero; numbers as pairs of place and value.
    public static IEnumerable<object[]> Blocks =>
    [
        // 15 − 8 and 1 − 8, halved; 0 − 8.
        ["Q4_0", "0:0038 2:1F", "0:3.5 16:-3.5 1:-4 31:-4"],

        // 15 / 2 − 1 and 1 / 2 − 1; 0 − 1.
        ["Q4_1", "0:0038 2:00BC 4:1F", "0:6.5 16:-0.5 1:-1 31:-1"],

        // Fifth bits of numbers 0 and 17: (15 + 16 − 16) / 4, (2 − 16) / 4, (0 − 16) / 4, (15 + 16 − 16) / 4.
        ["Q5_0", "0:0034 2:01000200 6:2FF0", "0:3.75 16:-3.5 1:-4 17:3.75 31:-4"],
        ["Q5_1", "0:0034 2:003C 4:01000200 8:2FF0", "0:8.75 16:1.5 1:1 17:8.75 31:1"],
        ["Q8_0", "0:0040 2:FF7F80 33:05", "0:-2 1:254 2:-256 3:0 31:10"],

        // Part 0: scale 3, least 2 / 2; of part 11 (second half, second pair of bits, upper 16 bytes) 1 and 5 / 2.
        ["Q2_K", "0:23 11:51 16:02 67:0C 80:003C0038", "0:5 1:-1 176:-2.5 179:0.5 16:0 255:0"],

        // Part 0: scale (5 + 2 · 16 − 32) / 2, part 8: (1 + 16 − 32) / 2, all others −32 / 2; number 0 has its third bit.
        ["Q3_K", "0:01 32:03 64:01 96:15 104:12 108:0038", "0:7.5 1:-10 128:22.5 129:30 16:64 255:64"],

        // Part 0: 3 · 15 − 2 / 2; part 1: 7 − 1 / 2; part 5: scale 10 + 3 · 16, least (5 + 2 · 16) / 2.
        ["Q4_K", "0:003C0038 4:03C1 8:0281 13:5A 16:7F 81:90", "0:44 1:-1 32:6.5 33:-0.5 160:-18.5 161:503.5 128:0 255:0"],

        // The same with fifth bits of number 0 in parts 0 and 5.
        ["Q5_K", "0:003C0038 4:03C1 8:0281 13:5A 16:21 48:7F 113:90", "0:92 1:-1 32:6.5 160:909.5 161:503.5 255:0"],

        // Part 0: (15 + 3 · 16 − 32) / 2; part 2: scale −2: (5 + 16 − 32) / 2; part 13: scale 4: (9 + 2 · 16 − 32) / 2.
        ["Q6_K", "0:2F 32:05 82:90 128:07 178:20 192:01 194:FE 205:04 208:0038", "0:15.5 1:-16 32:11 33:32 208:-64 210:18 16:0 255:0"],
    ];

    [TestMethod]
    [DynamicData(nameof(Blocks))]
    public void ABlockIsReadAsItsFormatSays(string name, string bytes, string numbers)
    {
        GgufType type = GgufType.All.Single(type => type.Name == name);
        byte[] block = new byte[type.Bytes];
        foreach (string[] part in bytes.Split(' ').Select(part => part.Split(':')))
        {
            Convert.FromHexString(part[1]).CopyTo(block, int.Parse(part[0], null));
        }

        // Behind another block, and in a file of its own.
        GgufWriter writer = new();
        writer.Add("x", type.Number, [2, type.Elements], [.. new byte[type.Bytes], .. block]);
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(writer.Save(folder["x.gguf"]));
        float[] values = file.Tensors["x"].Rows("row", 1, 1).ToSingles();
        Assert.HasCount(type.Elements, values);
        foreach (string[] pair in numbers.Split(' ').Select(pair => pair.Split(':')))
        {
            Assert.AreEqual(float.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture), values[int.Parse(pair[0], null)], $"number {pair[0]}");
        }

        CollectionAssert.AreEqual(values, file.Tensors["x"].ToSingles()[type.Elements..]);
        Assert.AreEqual($"x: {name}[2, {type.Elements}]", file.Tensors["x"].ToString());
        Assert.AreEqual(2 * type.Bytes, file.Tensors["x"].StoredBytes);
    }

    [TestMethod]
    public void EveryTypeThatIsReadInBlocksIsWorkedOut() =>
        CollectionAssert.AreEquivalent(GgufType.All.Where(type => type.Decode is not null).Select(type => type.Name).ToArray(), Blocks.Select(row => (string)row[0]).ToArray());
}
