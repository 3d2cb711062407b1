using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;

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
    [DataRow("bad filter", "unknown filter")]
    [DataRow("no pixels", "no IDAT")]
    [DataRow("no end", "truncated")]
    [DataRow("no palette", "no palette")]
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
    [DataRow("garbage data", "damaged")]
    public void DamagedFilesAreRefusedWithTheFault(string fault, string expected)
    {
        TestPng start = new();
        byte[] bytes = fault switch
        {
            "IDAT ends early" => start.Header(2, 3, 8, 2).Pixels(new int[12], 2, 2, 8, 2).Chunk("IEND").Bytes,
            "bad filter" => start.Header(1, 1, 8, 0).Chunk("IDAT", 0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 9, 0, 0, 0x13, 0, 0x0A).Chunk("IEND").Bytes,
            "no pixels" => start.Header(2, 2, 8, 2).Chunk("IEND").Bytes,
            "no end" => Small().Bytes,
            "no palette" => start.Header(2, 2, 8, 3).Pixels(new int[4], 2, 2, 8, 3).Chunk("IEND").Bytes,
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
            _ => start.Header(1, 1, 8, 0).Chunk("IDAT", 1, 2, 3, 4, 5, 6).Chunk("IEND").Bytes,
        };
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => PngReader.Decode(bytes, "dir/bad.png"));
        StringAssert.Contains(error.Message, "'dir/bad.png'");
        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void EveryTruncationAndEveryDamagedByteIsSeen()
    {
        byte[] whole = Small().Chunk("IEND").Bytes;
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

    // Report 22, and its kin: what pixels do not need does not keep them from being read, as with libpng and Pillow.
    [TestMethod]
    [DataRow("22-png-ancillary-damage/odd_bigpal_trns.png")]
    [DataRow("22-png-ancillary-damage/odd_paloor.png")]
    [DataRow("22-png-ancillary-damage/odd_textnokey.png")]
    public void ReportedPicturesAreRead(string picture)
    {
        PngPicture read = PngReader.Read(Reports.Find(picture));
        Assert.AreEqual((64, 96), (read.Image.Width, read.Image.Height));
        Assert.IsEmpty(read.Text);
        Assert.IsNull(read.Alpha);
    }

    [TestMethod]
    [DataRow("tEXt")]
    [DataRow("zTXt")]
    [DataRow("iTXt")]
    [DataRow("eXIf")]
    [DataRow("tRNS")]
    [DataRow("gAMA")]
    [DataRow("tIME")]
    public void ADamagedAncillaryChunkIsLeftOut(string type)
    {
        byte[][] bodies = [[], [65], [0], [65, 66, 67, 68], [65, 0, 9], [65, 0, 0, 1, 2, 3], [65, 0, 1, 0, 0], [.. "MM"u8, 0, 42, 255, 255, 255, 255], [.. Enumerable.Repeat((byte)77, 300)]];
        foreach (byte[] body in bodies)
        {
            PngPicture picture = new TestPng().Header(2, 2, 8, 2).Chunk(type, body).Pixels([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2, 2, 8, 2).Chunk(type, body).Chunk("IEND").Decode();
            CollectionAssert.AreEqual(Enumerable.Range(1, 12).Select(i => (byte)i).ToArray(), picture.Image.Pixels);
        }
    }

    [TestMethod]
    public void AnAncillaryChunkWithAWrongChecksumIsLeftOut()
    {
        byte[] whole = Small().Chunk("tEXt", 65, 0, 66).Chunk("IEND").Bytes;
        whole[^14] ^= 1;
        Assert.IsEmpty(PngReader.Decode(whole, "x").Text);
        byte[] sound = Small().Chunk("tEXt", 65, 0, 66).Chunk("IEND").Bytes;
        Assert.AreEqual("B", PngReader.Decode(sound, "x").Find("A"));
    }

    [TestMethod]
    public void MorePixelDataThanNeededIsLeft() => Assert.AreEqual((2, 1), Size(new TestPng().Header(2, 1, 8, 2).Pixels(new int[12], 2, 2, 8, 2).Chunk("IEND").Decode()));

    [TestMethod]
    public void EntriesBeyondThePaletteAreBlack() =>
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3, 0, 0, 0 }, new TestPng().Header(2, 1, 8, 3).Chunk("PLTE", 1, 2, 3).Pixels([0, 1], 2, 1, 8, 3).Chunk("IEND").Decode().Image.Pixels);

    [TestMethod]
    public void AWrongPaletteOfAPictureThatNeedsNoneIsLeftOut() =>
        Assert.AreEqual((2, 2), Size(new TestPng().Header(2, 2, 8, 2).Chunk("PLTE", 1, 2).Pixels(new int[12], 2, 2, 8, 2).Chunk("IEND").Decode()));

    // Report 03, and its kin. The picture is two pixels wide and three high, numbered in rows.
    [TestMethod]
    [DataRow(1, 2, 3, "123456")]
    [DataRow(2, 2, 3, "214365")]
    [DataRow(3, 2, 3, "654321")]
    [DataRow(4, 2, 3, "563412")]
    [DataRow(5, 3, 2, "135246")]
    [DataRow(6, 3, 2, "531642")]
    [DataRow(7, 3, 2, "642531")]
    [DataRow(8, 3, 2, "246135")]
    [DataRow(0, 2, 3, "123456")]
    [DataRow(9, 2, 3, "123456")]
    public void AnOrientationTurnsPixelsAndOpacity(int orientation, int width, int height, string expected)
    {
        int[] samples = [.. Enumerable.Range(1, 6).SelectMany(i => (int[])[i, i, i, 10 * i])];
        byte low = (byte)orientation;
        (string Type, byte[] Body)[] statements =
        [
            ("eXIf", [.. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, low, 0, 0, 0, 0, 0, 0]),
            ("eXIf", [.. "II"u8, 42, 0, 8, 0, 0, 0, 2, 0, 0, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, low, 0, 0, 0, 0, 0, 0, 0]),
            ("eXIf", [.. "Exif\0\0MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 4, 0, 0, 0, 1, 0, 0, 0, low, 0, 0, 0, 0]),
            ("tEXt", [.. "Raw profile type exif\0"u8, .. System.Text.Encoding.ASCII.GetBytes($"\nexif\n      26\n4d4d002a000000080001011200030000000100{orientation:x2}000000000000")]),
            ("iTXt", [.. "XML:com.adobe.xmp\0\0\0\0\0"u8, .. System.Text.Encoding.ASCII.GetBytes($"<rdf tiff:Orientation=\"{orientation}\"/>")]),
        ];
        foreach ((string type, byte[] body) in statements)
        {
            PngPicture picture = new TestPng().Header(2, 3, 8, 6).Chunk(type, body).Pixels(samples, 2, 3, 8, 6).Chunk("IEND").Decode();
            Assert.AreEqual((width, height), Size(picture), type);
            Assert.AreEqual(expected, string.Concat(picture.Image.Pixels.Where((_, i) => i % 3 == 1)), type);
            CollectionAssert.AreEqual(expected.Select(c => (byte)(10 * (c - '0'))).ToArray(), picture.Alpha, type);
        }
    }

    [TestMethod]
    public void TheReportedSidewaysPictureIsUpright() => Assert.AreEqual((96, 64), Size(PngReader.Read(Reports.Find("03-png-exif-orientation/exif6.png"))));

    [TestMethod]
    [DataRow("Frühling, 山", new byte[] { 0x46, 0x72, 0xC3, 0xBC, 0x68, 0x6C, 0x69, 0x6E, 0x67, 0x2C, 0x20, 0xE5, 0xB1, 0xB1 })]
    [DataRow("Frühling", new byte[] { 0x46, 0x72, 0xFC, 0x68, 0x6C, 0x69, 0x6E, 0x67 })]
    [DataRow("Ã\u00bc?", new byte[] { 0xC3, 0xBC, 0x3F, 0xFF })]
    public void TextIsUtf8WhereItIsValid(string expected, byte[] bytes)
    {
        string text = Small().Chunk("tEXt", [65, 0, .. bytes]).Chunk("IEND").Decode().Find("A")!;
        Assert.AreEqual(bytes[^1] == 0xFF ? expected + "ÿ" : expected, text);
    }

    private static (int Width, int Height) Size(PngPicture picture) => (picture.Image.Width, picture.Image.Height);

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        FileNotFoundException error = Assert.ThrowsExactly<FileNotFoundException>(() => PngReader.Read("no/such.png"));
        StringAssert.Contains(error.Message, "no/such.png");
    }

    private static TestPng Small() => new TestPng().Header(2, 2, 8, 2).Pixels([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2, 2, 8, 2);
}
