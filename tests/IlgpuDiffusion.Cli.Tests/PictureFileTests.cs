using IlgpuDiffusion.Testing;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;
using SixLabors.ImageSharp.PixelFormats;
using Picture = SixLabors.ImageSharp.Image<SixLabors.ImageSharp.PixelFormats.Rgba32>;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary>Pictures that users give, of the kinds that cameras and programs write.</summary>
[TestClass]
public sealed class PictureFileTests
{
    [TestMethod]
    [DataRow("a.jpg", 12)]
    [DataRow("a.webp", 12)]
    [DataRow("a.bmp", 0)]
    [DataRow("a.gif", 0)]
    [DataRow("a.png", 0)]
    public void EveryKindIsReadByWhatItHoldsWhateverItsName(string name, int tolerance)
    {
        using CliRun run = new();
        using (Picture picture = Halves())
        {
            picture.Save(run.Path(name));
        }

        File.Move(run.Path(name), run.Path("a.dat"));
        Imaging.Image read = PictureFile.Read(run.Path("a.dat")).Flatten();
        Assert.AreEqual((32, 16), (read.Width, read.Height));
        Near([200, 40, 40], read, 4, 8, tolerance);
        Near([40, 40, 200], read, 28, 8, tolerance);
    }

    [TestMethod]
    [DataRow("a.jpg")]
    [DataRow("a.webp")]
    public void TheyAreTurnedUpright(string name)
    {
        using CliRun run = new();
        using (Picture picture = Halves())
        {
            picture.Metadata.ExifProfile = new ExifProfile();
            picture.Metadata.ExifProfile.SetValue(ExifTag.Orientation, (ushort)6);
            picture.Save(run.Path(name));
        }

        Imaging.Image read = PictureFile.Read(run.Path(name)).Flatten();
        Assert.AreEqual((16, 32), (read.Width, read.Height));
        Near([200, 40, 40], read, 8, 4, 12);
        Near([40, 40, 200], read, 8, 28, 12);
    }

    [TestMethod]
    public void WhatIsTransparentIsLaidOverTheBackground()
    {
        using CliRun run = new();
        using (Picture picture = new(8, 8))
        {
            picture.Save(run.Path("a.gif"));
        }

        Assert.IsTrue(PictureFile.Read(run.Path("a.gif")).Flatten().Pixels.All(p => p == 255));
        Assert.IsTrue(PictureFile.Read(run.Path("a.gif")).Flatten(background: 0).Pixels.All(p => p == 0));
    }

    [TestMethod]
    [DataRow("no.jpg", "does not exist")]
    [DataRow("text.jpg", "no picture of a known kind")]
    [DataRow("empty.jpg", "empty file")]
    [DataRow("half.jpg", "half.jpg")]
    [DataRow("half.webp", "half.webp")]
    public async Task WhatIsNoPictureIsNamed(string name, string expected)
    {
        using CliRun run = new();
        File.WriteAllText(run.Path("text.jpg"), "not a picture");
        File.WriteAllText(run.Path("empty.jpg"), "");
        if (name.StartsWith("half", StringComparison.Ordinal))
        {
            using Picture picture = Halves();
            picture.Save(run.Path(name));
            byte[] whole = File.ReadAllBytes(run.Path(name));
            File.WriteAllBytes(run.Path(name), whole[..(whole.Length / 8)]);
        }

        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-i", run.Path(name), "-o", run.Path("o.png")), run.Error);
        StringAssert.Contains(run.Error, expected);
        StringAssert.StartsWith(run.Error, "error: ");
        Assert.HasCount(1, run.Error.Trim().Split('\n'));
    }

    [TestMethod]
    public async Task TheyAreStartsAndMasks()
    {
        using CliRun run = new();
        using (Picture picture = Halves())
        {
            picture.Save(run.Path("start.jpg"));
            picture.Save(run.Path("mask.webp"));
        }

        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-i", run.Path("start.jpg"), "--mask", run.Path("mask.webp"), "--mask-blur", "2", "-o", run.Path("o.png")), run.Error);
        Assert.AreEqual((32, 16), (run.Requests[0].InitImage!.Width, run.Requests[0].Mask!.Height));
        Assert.AreEqual(2, run.Requests[0].MaskBlur);
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-i", Reports.Find("03-png-exif-orientation/exif6.png"), "--no-mask-overlay", "-o", run.Path("o.png")), run.Error);
        Assert.AreEqual((96, 64), (run.Requests[1].Width, run.Requests[1].Height));
        Assert.IsNull(run.Requests[1].MaskBlur);
    }

    // As stable-diffusion-webui writes it: UTF-16, the high byte first.
    [TestMethod]
    [DataRow("a.jpg", true)]
    [DataRow("a.webp", true)]
    [DataRow("a.jpg", false)]
    public async Task PicturesOfOtherKindsAreRepeatedToo(string name, bool highFirst)
    {
        using CliRun run = new();
        string text = "ein Haus, 山\nSteps: 3, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x64";
        using (Picture picture = Halves())
        {
            picture.Metadata.ExifProfile = new ExifProfile();
            string stored = highFirst ? string.Concat(text.Select(c => (char)System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)c))) : text;
            picture.Metadata.ExifProfile.SetValue(ExifTag.UserComment, new EncodedString(EncodedString.CharacterCode.Unicode, stored));
            picture.Save(run.Path(name));
        }

        Assert.AreEqual(0, await run.RunAsync("--from", run.Path(name), "-o", run.Path("o.png")), run.Error);
        Assert.AreEqual(("ein Haus, 山", 5UL), (run.Requests[0].Prompt, run.Requests[0].Seed));
        using (Picture picture = Halves())
        {
            picture.Save(run.Path(name));
        }

        Assert.AreEqual(1, await run.RunAsync("--from", run.Path(name), "-o", run.Path("o.png")));
        StringAssert.Contains(run.Error, "does not say how it was made");
    }

    private static Picture Halves()
    {
        Picture picture = new(32, 16, new Rgba32(200, 40, 40));
        for (int y = 0; y < 16; y++)
        {
            for (int x = 16; x < 32; x++)
            {
                picture[x, y] = new Rgba32(40, 40, 200);
            }
        }

        return picture;
    }

    private static void Near(int[] expected, Imaging.Image image, int x, int y, int tolerance)
    {
        for (int c = 0; c < 3; c++)
        {
            Assert.AreEqual(expected[c], image.Pixels[(((y * image.Width) + x) * 3) + c], tolerance, $"pixel {x}, {y}, channel {c}");
        }
    }
}
