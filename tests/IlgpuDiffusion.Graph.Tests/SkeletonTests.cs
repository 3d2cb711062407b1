namespace IlgpuDiffusion.Graphs.Tests;

[TestClass]
public sealed class SkeletonTests
{
    [TestMethod]
    public void TheSolutionIsFound() => Assert.IsTrue(File.Exists(Path.Combine(IlgpuDiffusion.Testing.Golden.Checkout, "IlgpuDiffusion.sln")));
}
