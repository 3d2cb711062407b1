using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests;

/// <summary>The members of ILGPU that may be used are in ilgpu-surface.txt, and no others are offered.</summary>
[TestClass]
public sealed class SurfaceTests
{
    private static readonly string Path = System.IO.Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Gpu", "ilgpu-surface.txt");

    [TestMethod]
    public void TheSubsetOffersTheListedMembersAndNoOthers()
    {
        if (IlgpuBuild.IsPackage)
        {
            Assert.Inconclusive("Built against the package; the subset is looked at by builds against it.");
        }

        string[] offered = [.. Surface.Of(typeof(ILGPU.Context).Assembly.GetExportedTypes(), inherited: false).Order(StringComparer.Ordinal)];
        if (Environment.GetEnvironmentVariable("WRITE_ILGPU_SURFACE") == "1")
        {
            File.WriteAllLines(Path, offered);
        }

        string[] listed = File.ReadAllLines(Path);
        Assert.IsEmpty(offered.Except(listed), "Offered and not listed:\n" + string.Join('\n', offered.Except(listed)));
        Assert.IsEmpty(listed.Except(offered), "Listed and not offered:\n" + string.Join('\n', listed.Except(offered)));
    }

    [TestMethod]
    public void IlgpuHasEveryListedMember()
    {
        if (!IlgpuBuild.IsPackage)
        {
            Assert.Inconclusive("Built against the subset; the package is looked at by builds against it (-p:IlgpuPackage=true).");
        }

        HashSet<string> there = [.. Surface.Of(typeof(ILGPU.Context).Assembly.GetExportedTypes(), inherited: true)];
        string[] missing = [.. File.ReadAllLines(Path).Where(line => !there.Contains(line))];
        Assert.IsEmpty(missing, "Not in ILGPU:\n" + string.Join('\n', missing));
    }
}
