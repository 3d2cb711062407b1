using System.Text;

using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Imaging;

[TestClass]
public sealed class PngWriterTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(7, 5)]
    [DataRow(64, 33)]
    public void PixelsAndTextComeBack(int width, int height)
    {
        Image image = new(width, height);
        new Random(3).NextBytes(image.Pixels);
        PngText[] text = [new("parameters", "a café\nSteps: 1"), new("Comment", "日本 🎨"), new("Empty", string.Empty)];
        byte[] png = PngWriter.Encode(image, text);
        PngPicture back = PngReader.Decode(png, "x");
        CollectionAssert.AreEqual(image.Pixels, back.Image.Pixels);
        CollectionAssert.AreEqual(text, back.Text.ToArray());
        Assert.IsNull(back.Alpha);
    }

    [TestMethod]
    public void LatinTextIsPlainAndOtherTextIsInternational()
    {
        string latin = Encoding.Latin1.GetString(PngWriter.Encode(new Image(1, 1), [new("k", "é")]));
        string other = Encoding.Latin1.GetString(PngWriter.Encode(new Image(1, 1), [new("k", "ő")]));
        StringAssert.Contains(latin, "tEXtk\0é");
        StringAssert.Contains(other, "iTXtk\0\0\0\0\0");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" a")]
    [DataRow("ő")]
    [DataRow("a\nb")]
    public void KeywordsThatPngForbidsAreRefused(string keyword) =>
        Assert.ThrowsExactly<ArgumentException>(() => PngWriter.Encode(new Image(1, 1), [new(keyword, "x")]));

    [TestMethod]
    public void SmoothPicturesAreMuchSmallerThanTheirPixels()
    {
        Image image = new(256, 256);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)((i / 3 % 256 / 2) + (i / 768 / 2) + (i % 3));
        }

        Assert.IsLessThan(image.Pixels.Length / 50, PngWriter.Encode(image).Length);
    }
}
