namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class OutputNamesTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("names").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void NumbersAreTheFirstThatAreFree()
    {
        Touch("output_000.png");
        Touch("output_002.png");
        AssertNames(In("output_%03d.png"), "output_001.png", "output_003.png", "output_004.png");
        AssertNames(In("x%d.png"), "x0.png", "x1.png");
    }

    [TestMethod]
    public void AFolderGetsTheDefaultNames() => AssertNames(_folder, "output_000.png", "output_001.png");

    [TestMethod]
    public void ANamedFileIsReplacedAndItsFollowersAreNot()
    {
        Touch("a.png");
        Touch("a_2.png");
        AssertNames(In("a.png"), "a.png", "a_3.png", "a_4.png");
        OutputNames names = OutputNames.Parse(In("a.png"));
        Assert.AreEqual(In("a.png"), names.Write([1]));
        Assert.AreEqual(In("a_3.png"), names.Write([2]));
        Assert.HasCount(1, File.ReadAllBytes(In("a.png")));
        Assert.IsEmpty(File.ReadAllBytes(In("a_2.png")));
    }

    [TestMethod]
    public void TheExtensionIsAdded() => AssertNames(In("a"), "a.png", "a_2.png");

    [TestMethod]
    public async Task ManyProcessesNeverTakeOneName()
    {
        Task<string>[] writers = [.. Enumerable.Range(0, 16).Select(i => Task.Run(() => OutputNames.Parse(In("n%d.png")).Write([(byte)i])))];
        string[] paths = await Task.WhenAll(writers);
        Assert.HasCount(16, paths.Distinct());
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 16).ToArray(), paths.Select(p => (int)File.ReadAllBytes(p).Single()).ToArray());
    }

    private string In(string name) => Path.Combine(_folder, name);

    private void Touch(string name) => File.WriteAllBytes(In(name), []);

    private void AssertNames(string output, params string[] expected)
    {
        OutputNames names = OutputNames.Parse(output);
        CollectionAssert.AreEqual(expected.Select(In).ToArray(), expected.Select(_ => names.Next()).ToArray());
    }
}
