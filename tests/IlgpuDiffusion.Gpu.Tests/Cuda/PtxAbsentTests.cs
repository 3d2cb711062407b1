namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>What builds against the subset say of the tests of PTX.</summary>
[TestClass]
public sealed class PtxAbsentTests
{
    [TestMethod]
    public void CodeForCudaIsLookedAtWhereIlgpuIs() => Assert.Inconclusive($"Built against {IlgpuBuild.Text}, which makes no PTX; builds with -p:IlgpuPackage=true look at it.");
}
