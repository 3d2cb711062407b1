using System.Globalization;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class ReleaseTests
{
    [TestMethod]
    public unsafe void ReleasedPagesLeaveMemoryAndCanBeReadAgain()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("Resident pages are read from /proc, which is Linux's.");
        }

        using var folder = new TemporaryFolder();
        var path = folder["pages.safetensors"];
        Save(path);
        using var store = WeightStore.Open(path);
        var (first, second) = (store.Get("first"), store.Get("second"));
        Assert.AreEqual(-1, NonFinite.Find(ElementType.F16, first.Data, first.Count));
        Assert.AreEqual(-1, NonFinite.Find(ElementType.F16, second.Data, second.Count));
        var before = first.ToSingles();
        var touched = ResidentKilobytes(path);
        Assert.IsGreaterThanOrEqualTo(30_000, touched);

        store.Release(first);
        Assert.IsLessThan(touched - 14_000, ResidentKilobytes(path));
        CollectionAssert.AreEqual(before, first.ToSingles());

        store.Release(first);
        store.Release(second);
        Assert.IsLessThan(1_000, ResidentKilobytes(path));
    }

    private static void Save(string path)
    {
        using var weights = WeightStore.Synthetic([("first", [8000, 1000]), ("second", [8000, 1000])], ElementType.F16, 3);
        var writer = new SafetensorsWriter();
        foreach (var tensor in weights.Tensors)
        {
            writer.Add(tensor);
        }

        writer.Save(path);
    }

    private static long ResidentKilobytes(string path)
    {
        long sum = 0;
        var inside = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Contains('-', StringComparison.Ordinal) && !line.Contains("kB", StringComparison.Ordinal))
            {
                inside = line.EndsWith(path, StringComparison.Ordinal);
            }
            else if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                sum += long.Parse(line[4..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
