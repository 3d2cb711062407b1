using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Imaging;

[TestClass]
public sealed class PngGoldenTests
{
    [TestMethod]
    public void PicturesOfTheReferenceAreReadAndWrittenBackUnchangedAndNoLarger()
    {
        string[] files = Directory.GetFiles(Golden.Find("papercut"), "*.png");
        Assert.IsNotEmpty(files);
        foreach (string file in files)
        {
            Image image = PngReader.Read(file).Image;
            byte[] ours = PngWriter.Encode(image);
            CollectionAssert.AreEqual(image.Pixels, PngReader.Decode(ours, file).Image.Pixels, file);
            Assert.IsLessThan(new FileInfo(file).Length * 1.05, ours.Length, file);
        }
    }
}
