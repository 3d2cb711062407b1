using System.Buffers.Binary;
using System.Text;

namespace IlgpuDiffusion.Imaging;

/// <summary>
/// Reads PNG files of every colour type, depth and interlacing into 8-bit RGB, upright as an eXIf chunk says. Damage to what pixels need is an error that names the file and the
/// fault; a damaged ancillary chunk is left out, as by libpng.
/// </summary>
internal static class PngReader
{
    /// <summary>The most pixels a picture may have.</summary>
    public const long MostPixels = 1L << 27;

    private const long MostBytes = 1L << 30;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no sound PNG.</exception>
    public static PngPicture Read(string path) => Decode(ReadBytes(path), path, wantPixels: true);

    /// <summary>Reads the text chunks of a file and does not decode its pixels.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no sound PNG.</exception>
    public static IReadOnlyList<PngText> ReadText(string path) => Decode(ReadBytes(path), path, wantPixels: false).Text;

    /// <summary>Decodes the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">Its name, for messages; null for none.</param>
    /// <exception cref="InvalidDataException">The bytes are no sound PNG.</exception>
    public static PngPicture Decode(ReadOnlyMemory<byte> bytes, string? name) => Decode(bytes, name, wantPixels: true);

    /// <summary>A stream from where it stands to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <exception cref="InvalidDataException">It is too large for a picture.</exception>
    public static byte[] ReadBytes(Stream stream)
    {
        using MemoryStream bytes = new();
        byte[] block = new byte[1 << 16];
        for (int read = stream.Read(block); read > 0; read = stream.Read(block))
        {
            bytes.Write(block, 0, read);
            if (bytes.Length > MostBytes)
            {
                throw new InvalidDataException("The picture is larger than 1 GiB, too large for one.");
            }
        }

        return bytes.ToArray();
    }

    private static byte[] ReadBytes(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Directory.Exists(path))
        {
            throw new IOException($"Cannot read '{path}': it is a folder, not a PNG file.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The picture '{path}' does not exist.", path);
        }

        try
        {
            if (new FileInfo(path).Length > MostBytes)
            {
                throw new InvalidDataException($"'{path}' is larger than 1 GiB, too large for a picture.");
            }

            return File.ReadAllBytes(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot read '{path}': no permission.", e);
        }
    }

    private static PngPicture Decode(ReadOnlyMemory<byte> bytes, string? name, bool wantPixels)
    {
        try
        {
            return Walk(bytes, wantPixels);
        }
        catch (PngFault fault)
        {
            throw new InvalidDataException($"{(name is null ? "The picture" : $"'{name}'")} cannot be read: {fault.Message}", fault);
        }
    }

    private static PngPicture Walk(ReadOnlyMemory<byte> bytes, bool wantPixels)
    {
        CheckSignature(bytes.Span);
        PngHeader header = default;
        byte[]? palette = null;
        byte[]? transparency = null;
        int? orientation = null;
        List<ReadOnlyMemory<byte>> data = [];
        List<PngText> text = [];
        ReadOnlySpan<byte> previous = default;
        for (int at = PngWriter.Signature.Length; ;)
        {
            if (bytes.Length - at < 12)
            {
                throw new PngFault($"it ends at byte {bytes.Length}, before the IEND chunk: the file is truncated.");
            }

            ReadOnlySpan<byte> span = bytes.Span[at..];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(span);
            ReadOnlySpan<byte> type = span.Slice(4, 4);
            string typeName = Name(type, at);
            if (length > int.MaxValue || length > span.Length - 12)
            {
                throw new PngFault($"chunk {typeName} at byte {at} says it has {length} bytes, but only {span.Length - 12} are left: the file is truncated.");
            }

            ReadOnlyMemory<byte> body = bytes.Slice(at + 8, (int)length);
            bool sound = Crc32.Append(0, span.Slice(4, (int)length + 4)) == BinaryPrimitives.ReadUInt32BigEndian(span[((int)length + 8)..]);
            if (!sound && char.IsAsciiLetterUpper(typeName[0]))
            {
                throw new PngFault($"the checksum of chunk {typeName} at byte {at} is wrong: the file is damaged.");
            }

            if (previous.IsEmpty != type.SequenceEqual("IHDR"u8))
            {
                throw new PngFault(previous.IsEmpty ? $"it starts with chunk {typeName} instead of IHDR." : "it has a second IHDR chunk.");
            }

            switch (sound ? typeName : "damaged")
            {
                case "IHDR":
                    header = PngHeader.Parse(body.Span);
                    break;
                case "PLTE":
                    palette = CheckPalette(body, palette, data.Count, header.Colour == PngColour.Palette);
                    break;
                case "tRNS":
                    transparency = body.ToArray();
                    break;
                case "IDAT":
                    if (data.Count > 0 && !previous.SequenceEqual("IDAT"u8))
                    {
                        throw new PngFault("its IDAT chunks do not follow one another.");
                    }

                    data.Add(body);
                    break;
                case "tEXt" or "zTXt" or "iTXt":
                    AddText(text, typeName, body.Span);
                    break;
                case "eXIf":
                    orientation = Orientation.OfExif(body.Span);
                    break;
                case "IEND":
                    Image image = wantPixels ? Pixels(header, palette, transparency, data, out byte[]? alpha) : Blank(out alpha);
                    return Upright(image, alpha, text, orientation ?? Orientation.OfText(text) ?? Orientation.Upright);
                default:
                    if (char.IsAsciiLetterUpper(typeName[0]))
                    {
                        throw new PngFault($"it has a chunk {typeName} that is required to understand it and is not known.");
                    }

                    break;
            }

            previous = type;
            at += (int)length + 12;
        }
    }

    private static Image Pixels(PngHeader header, byte[]? palette, byte[]? transparency, List<ReadOnlyMemory<byte>> data, out byte[]? alpha)
    {
        if (data.Count == 0)
        {
            throw new PngFault("it has no IDAT chunk, so no pixels.");
        }

        return new PngPixels(header, palette, transparency).Decode(data, out alpha);
    }

    private static Image Blank(out byte[]? alpha)
    {
        alpha = null;
        return new Image(1, 1);
    }

    private static void AddText(List<PngText> text, string type, ReadOnlySpan<byte> body)
    {
        try
        {
            text.Add(PngTextChunk.Parse(type, body));
        }
        catch (PngFault)
        {
            // Text is no part of the picture.
        }
    }

    private static PngPicture Upright(Image image, byte[]? alpha, List<PngText> text, int orientation)
    {
        if (orientation == Orientation.Upright)
        {
            return new PngPicture(image, alpha, text);
        }

        (byte[] pixels, int width, int height) = Orientation.Turn(orientation, image.Pixels, image.Width, image.Height, 3);
        return new PngPicture(new Image(width, height, pixels), alpha is null ? null : Orientation.Turn(orientation, alpha, image.Width, image.Height, 1).Values, text);
    }

    /// <summary>The palette; where the colour type needs none, one that is not valid is left out.</summary>
    private static byte[]? CheckPalette(ReadOnlyMemory<byte> body, byte[]? before, int dataChunks, bool isNeeded)
    {
        if (before is not null || dataChunks > 0 || body.Length is 0 or > 768 || body.Length % 3 != 0)
        {
            if (!isNeeded)
            {
                return before;
            }

            throw new PngFault($"its palette is not valid ({body.Length} bytes; one palette of 3 to 768 bytes must come before the pixels).");
        }

        return body.ToArray();
    }

    private static string Name(ReadOnlySpan<byte> type, int at)
    {
        foreach (byte b in type)
        {
            if (!char.IsAsciiLetter((char)b))
            {
                throw new PngFault($"there is no valid chunk at byte {at}: the file is damaged.");
            }
        }

        return Encoding.ASCII.GetString(type);
    }

    private static void CheckSignature(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(PngWriter.Signature))
        {
            return;
        }

        string found = bytes.Length == 0 ? "an empty file"
            : bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "a JPEG file"
            : bytes.StartsWith("GIF8"u8) ? "a GIF file"
            : bytes.StartsWith("RIFF"u8) && bytes.Length >= 12 && bytes[8..].StartsWith("WEBP"u8) ? "a WebP file"
            : bytes.StartsWith("BM"u8) ? "a BMP file"
            : PngWriter.Signature.StartsWith(bytes) ? "a truncated PNG file"
            : "not a PNG file";
        throw new PngFault($"it is {found}. Only whole PNG files are read; convert it to PNG first.");
    }
}
