using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Imaging;

[TestClass]
public sealed class AtomicFileTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomic").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void AFileIsReplacedWhole()
    {
        string path = Path.Combine(_folder, "a.bin");
        AtomicFile.Write(path, s => s.Write([1, 2, 3]));
        AtomicFile.Write(path, s => s.Write([4]));
        CollectionAssert.AreEqual(new byte[] { 4 }, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void AFailureLeavesTheOldFileAndNothingElse()
    {
        string path = Path.Combine(_folder, "a.bin");
        File.WriteAllBytes(path, [9]);
        IOException error = Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, s =>
        {
            s.Write([1]);
            throw new IOException("No space left on device : 'tmp'");
        }));
        StringAssert.Contains(error.Message, path);
        StringAssert.Contains(error.Message, "no space left");
        CollectionAssert.AreEqual(new byte[] { 9 }, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void CancellingWhileWritingLeavesNothing()
    {
        string path = Path.Combine(_folder, "a.bin");
        Assert.ThrowsExactly<OperationCanceledException>(() => AtomicFile.Write(path, _ => throw new OperationCanceledException()));
        Assert.IsEmpty(Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void AMissingFolderIsNamedBeforeAnyWork()
    {
        string path = Path.Combine(_folder, "no", "a.png");
        foreach (Action action in new Action[] { () => AtomicFile.CheckWritable(path), () => new Image(1, 1).Save(path) })
        {
            StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(action).Message, Path.Combine(_folder, "no"));
        }
    }

    [TestMethod]
    public void AFolderIsNoOutputFile()
    {
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => AtomicFile.CheckWritable(_folder)).Message, "is a folder");
        AtomicFile.CheckWritable(Path.Combine(_folder, "fine.png"));
        Assert.IsEmpty(Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void ALinkKeepsPointingToItsFile()
    {
        string file = Path.Combine(_folder, "file.png");
        string link = Path.Combine(_folder, "link.png");
        File.WriteAllBytes(file, [1]);
        File.CreateSymbolicLink(link, file);
        AtomicFile.Write(link, s => s.Write([2]));
        CollectionAssert.AreEqual(new byte[] { 2 }, File.ReadAllBytes(file));
        Assert.IsNotNull(new FileInfo(link).LinkTarget);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void AFullDiskIsSaidSo()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Inconclusive("This machine has no /dev/full.");
        }

        IOException error = Assert.ThrowsExactly<IOException>(() => AtomicFile.Write("/dev/full", s =>
        {
            s.Write(new byte[100_000]);
            s.Flush();
        }));
        StringAssert.Contains(error.Message, "no space left");
    }
}
