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

    // A batch lies in one row, whatever an earlier run has left.
    [TestMethod]
    public void PicturesOfABatchFollowOneAnother()
    {
        Touch("a.png");
        CollectionAssert.AreEqual((string[])[In("a.png"), In("a_2.png"), In("a_3.png")], Row("a.png", 3), "the file that is named is replaced");
        Touch("a_2.png");
        CollectionAssert.AreEqual((string[])[In("a_3.png"), In("a_4.png"), In("a_5.png")], Row("a.png", 3));
        Touch("a_4.png");
        CollectionAssert.AreEqual((string[])[In("a_5.png"), In("a_6.png")], Row("a.png", 2));
        Touch("output_000.png");
        Touch("output_002.png");
        CollectionAssert.AreEqual((string[])[In("output_003.png"), In("output_004.png")], Row("output_%03d.png", 2));
        CollectionAssert.AreEqual((string[])[In("output_001.png")], Row("output_%03d.png", 1));
    }

    // Report 09, and its kin.
    [TestMethod]
    [DataRow(300, 1, false)]
    [DataRow(251, 1, true)]
    [DataRow(252, 1, false)]
    [DataRow(251, 2, false)]
    [DataRow(249, 2, true)]
    [DataRow(248, 10, true)]
    [DataRow(249, 10, false)]
    public void ANameThatIsTooLongIsRefusedBeforehand(int letters, int count, bool fits)
    {
        OutputNames names = OutputNames.Parse(In(new string('a', letters) + ".png"), count);
        if (fits)
        {
            names.CheckWritable();
        }
        else
        {
            Assert.Contains("too long", Assert.Throws<IOException>(names.CheckWritable).Message);
        }

        Assert.IsEmpty(Directory.GetFiles(_folder));
    }

    [TestMethod]
    public async Task PipesAreWrittenToAndNotReplaced()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows has no pipes with file names.");
        }

        System.Diagnostics.Process.Start("mkfifo", In("pipe")).WaitForExit();
        OutputNames names = OutputNames.Parse(In("pipe"));
        names.CheckWritable();
        Task<byte[]> read = Task.Run(() =>
        {
            using FileStream pipe = new(In("pipe"), FileMode.Open, FileAccess.Read);
            using MemoryStream all = new();
            pipe.CopyTo(all);
            return all.ToArray();
        });
        Assert.AreEqual(In("pipe"), names.Write([1, 2, 3]));
        CollectionAssert.AreEqual((byte[])[1, 2, 3], await read);
        CollectionAssert.AreEqual((string[])[In("pipe")], Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void FilesUnderDevAreFiles()
    {
        if (!Directory.Exists("/dev/shm"))
        {
            Assert.Inconclusive("This machine has no /dev/shm.");
        }

        string path = $"/dev/shm/{Guid.NewGuid():N}.png";
        try
        {
            OutputNames names = OutputNames.Parse(path);
            names.CheckWritable();
            names.Write([1]);
            Assert.HasCount(1, File.ReadAllBytes(path));
            OutputNames.Parse("/dev/null").CheckWritable();
            Assert.AreEqual("/dev/null", OutputNames.Parse("/dev/null").Write([1]));
        }
        finally
        {
            File.Delete(path);
        }
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

    private string[] Row(string output, int count)
    {
        OutputNames names = OutputNames.Parse(In(output), count);
        return [.. Enumerable.Range(0, count).Select(_ => names.Next())];
    }

    private void AssertNames(string output, params string[] expected)
    {
        OutputNames names = OutputNames.Parse(output);
        CollectionAssert.AreEqual(expected.Select(In).ToArray(), expected.Select(_ => names.Next()).ToArray());
    }

    [TestMethod]
    public void AFolderThatIsNamedIsMadeAndOneBeforeAFileIsNot()
    {
        string root = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        try
        {
            OutputNames names = OutputNames.Parse(Path.Combine(root, "a", "b") + Path.DirectorySeparatorChar);
            names.CheckWritable();
            Assert.AreEqual(Path.Combine(root, "a", "b", "output_000.png"), names.Write([1]));
            Assert.Contains("does not exist", Assert.Throws<IOException>(OutputNames.Parse(Path.Combine(root, "c", "picture.png")).CheckWritable).Message);
            string file = Path.Combine(root, "a", "b", "output_000.png");
            Assert.Contains("cannot be made", Assert.Throws<IOException>(OutputNames.Parse(file + Path.DirectorySeparatorChar).CheckWritable).Message);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
