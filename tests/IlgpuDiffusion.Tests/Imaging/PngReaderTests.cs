using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Imaging;

[TestClass]
public sealed class PngReaderTests
{
    public static IEnumerable<object[]> Kinds =>
        from kind in new (int Colour, int Depth)[] { (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16) }
        from interlaced in new[] { false, true }
        from size in new (int Width, int Height)[] { (1, 1), (3, 2), (13, 9), (32, 17) }
        select new object[] { kind.Colour, kind.Depth, interlaced, size.Width, size.Height };

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void EveryKindOfPixelIsRead(int colour, int depth, bool interlaced, int width, int height)
    {
        Random random = new(HashCode.Combine(1));
        int channels = TestPng.Channels(colour);
        int most = (1 << depth) - 1;
        int[] samples = [.. Enumerable.Range(0, width * height * channels).Select(_ => random.Next(most + 1))];
        byte[] palette = new byte[(most + 1) * 3];
        random.NextBytes(palette);
        TestPng png = new TestPng().Header(width, height, depth, colour, interlaced);
        if (colour == 3)
        {
            png.Chunk("PLTE", palette);
        }

        PngPicture picture = png.Pixels(samples, width, height, depth, colour, interlaced).Chunk("IEND").Decode();
        Assert.AreEqual((width, height), (picture.Image.Width, picture.Image.Height));
        Assert.AreEqual(colour is 4 or 6, picture.Alpha is not null);
        byte Scaled(int sample) => (byte)Math.Round(sample * 255.0 / most);
        for (int i = 0; i < width * height; i++)
        {
            for (int c = 0; c < 3; c++)
            {
                byte expected = colour == 3 ? palette[(samples[i] * 3) + c] : Scaled(samples[(i * channels) + (colour is 2 or 6 ? c : 0)]);
                Assert.AreEqual(expected, picture.Image.Pixels[(i * 3) + c], $"pixel {i}, channel {c}");
            }

            if (picture.Alpha is not null)
            {
                Assert.AreEqual(Scaled(samples[(i * channels) + channels - 1]), picture.Alpha[i], $"opacity of pixel {i}");
            }
        }
    }

    [TestMethod]
    public void TransparentPaletteEntriesGiveOpacity()
    {
        PngPicture picture = new TestPng().Header(3, 1, 8, 3).Chunk("PLTE", 10, 20, 30, 40, 50, 60, 70, 80, 90).Chunk("tRNS", 0, 128)
            .Pixels([0, 1, 2], 3, 1, 8, 3).Chunk("IEND").Decode();
        CollectionAssert.AreEqual(new byte[] { 0, 128, 255 }, picture.Alpha);
        CollectionAssert.AreEqual(new byte[] { 255, 255, 255, 147, 152, 157, 70, 80, 90 }, picture.Flatten().Pixels);
        CollectionAssert.AreEqual(new byte[] { 0, 0, 0, 20, 25, 30, 70, 80, 90 }, picture.Flatten(0).Pixels);
    }

    [TestMethod]
    public void AColourThatStandsForTransparentGivesOpacity()
    {
        PngPicture grey = new TestPng().Header(2, 1, 2, 0).Chunk("tRNS", 0, 2).Pixels([2, 3], 2, 1, 2, 0).Chunk("IEND").Decode();
        CollectionAssert.AreEqual(new byte[] { 0, 255 }, grey.Alpha);
        PngPicture rgb = new TestPng().Header(2, 1, 16, 2).Chunk("tRNS", 1, 0, 2, 0, 3, 0).Pixels([256, 512, 768, 256, 512, 769], 2, 1, 16, 2).Chunk("IEND").Decode();
        CollectionAssert.AreEqual(new byte[] { 0, 255 }, rgb.Alpha);
    }

    [TestMethod]
    public void UnknownAncillaryChunksAndBytesAfterTheEndAreSkipped()
    {
        byte[] png = [.. Small().Chunk("juNk", 1, 2, 3).Chunk("IEND").Bytes, 1, 2, 3];
        Assert.AreEqual(2, PngReader.Decode(png, "x").Image.Width);
    }

    [TestMethod]
    [DataRow("IDAT ends early", "ends early")]
    [DataRow("too much data", "more pixel data")]
    [DataRow("bad filter", "unknown filter")]
    [DataRow("no pixels", "no IDAT")]
    [DataRow("no end", "truncated")]
    [DataRow("no palette", "no palette")]
    [DataRow("palette entry", "entry 1 of a palette of 1")]
    [DataRow("unknown critical", "QQQQ")]
    [DataRow("huge", "over the limit")]
    [DataRow("zip bomb", "cannot hold a picture")]
    [DataRow("zero", "0x5")]
    [DataRow("depth", "3 bits")]
    [DataRow("second header", "second IHDR")]
    [DataRow("no header", "instead of IHDR")]
    [DataRow("split data", "do not follow")]
    [DataRow("empty", "empty file")]
    [DataRow("jpeg", "JPEG")]
    [DataRow("text", "text chunk tEXt")]
    [DataRow("garbage data", "damaged")]
    public void DamagedFilesAreRefusedWithTheFault(string fault, string expected)
    {
        TestPng start = new();
        byte[] bytes = fault switch
        {
            "IDAT ends early" => start.Header(2, 3, 8, 2).Pixels(new int[12], 2, 2, 8, 2).Chunk("IEND").Bytes,
            "too much data" => start.Header(2, 1, 8, 2).Pixels(new int[12], 2, 2, 8, 2).Chunk("IEND").Bytes,
            "bad filter" => start.Header(1, 1, 8, 0).Chunk("IDAT", 0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 9, 0, 0, 0x13, 0, 0x0A).Chunk("IEND").Bytes,
            "no pixels" => start.Header(2, 2, 8, 2).Chunk("IEND").Bytes,
            "no end" => Small().Bytes,
            "no palette" => start.Header(2, 2, 8, 3).Pixels(new int[4], 2, 2, 8, 3).Chunk("IEND").Bytes,
            "palette entry" => start.Header(1, 1, 8, 3).Chunk("PLTE", 1, 2, 3).Pixels([1], 1, 1, 8, 3).Chunk("IEND").Bytes,
            "unknown critical" => Small().Chunk("QQQQ").Chunk("IEND").Bytes,
            "huge" => start.Header(100_000, 100_000, 8, 2).Chunk("IEND").Bytes,
            "zip bomb" => start.Header(11_000, 11_000, 16, 6).Pixels(new int[12], 2, 2, 8, 2).Chunk("IEND").Bytes,
            "zero" => start.Header(0, 5, 8, 2).Bytes.Concat(new byte[12]).ToArray(),
            "depth" => start.Header(1, 1, 3, 0).Chunk("IEND").Bytes,
            "second header" => start.Header(1, 1, 8, 0).Header(1, 1, 8, 0).Chunk("IEND").Bytes,
            "no header" => start.Chunk("IEND").Bytes,
            "split data" => Small().Chunk("tEXt", 65, 0).Chunk("IDAT", 0).Chunk("IEND").Bytes,
            "empty" => [],
            "jpeg" => [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3],
            "text" => Small().Chunk("tEXt", 65).Chunk("IEND").Bytes,
            _ => start.Header(1, 1, 8, 0).Chunk("IDAT", 1, 2, 3, 4, 5, 6).Chunk("IEND").Bytes,
        };
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => PngReader.Decode(bytes, "dir/bad.png"));
        StringAssert.Contains(error.Message, "'dir/bad.png'");
        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void EveryTruncationAndEveryDamagedByteIsSeen()
    {
        byte[] whole = Small().Chunk("tEXt", 65, 0, 66).Chunk("IEND").Bytes;
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.ThrowsExactly<InvalidDataException>(() => PngReader.Decode(whole.AsMemory(0, length), "x"), $"first {length} bytes");
        }

        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x40;
            Assert.ThrowsExactly<InvalidDataException>(() => PngReader.Decode(damaged, "x"), $"byte {i}");
        }
    }

    [TestMethod]
    public void RandomDamageBehindValidChecksumsNeverCrashes()
    {
        Random random = new(7);
        for (int i = 0; i < 3000; i++)
        {
            byte[] header = [0, 0, 0, (byte)random.Next(40), 0, 0, 0, (byte)random.Next(40), (byte)(1 << random.Next(6)), (byte)random.Next(8), 0, 0, (byte)random.Next(2)];
            byte[] Junk(int most)
            {
                byte[] junk = new byte[random.Next(most)];
                random.NextBytes(junk);
                return junk;
            }

            TestPng png = new TestPng().Chunk("IHDR", header).Chunk("PLTE", Junk(20)).Chunk("tRNS", Junk(8)).Chunk(random.Next(2) == 0 ? "zTXt" : "iTXt", [65, 0, .. Junk(20)]);
            byte[] bytes = png.Pixels([.. Junk(3000).Select(b => (int)b)], 8, 8, 8, 2).Chunk("IEND").Bytes;
            try
            {
                _ = PngReader.Decode(bytes, "x");
            }
            catch (InvalidDataException)
            {
                // The one error there may be.
            }
        }
    }

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        FileNotFoundException error = Assert.ThrowsExactly<FileNotFoundException>(() => PngReader.Read("no/such.png"));
        StringAssert.Contains(error.Message, "no/such.png");
    }

    private static TestPng Small() => new TestPng().Header(2, 2, 8, 2).Pixels([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2, 2, 8, 2);
}
