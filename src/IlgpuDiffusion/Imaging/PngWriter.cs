using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace IlgpuDiffusion.Imaging;

/// <summary>Writes 8-bit RGB PNG files (PNG specification, third edition): a filter chosen per row, one zlib stream, text chunks before the pixels.</summary>
internal static class PngWriter
{
    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="image">The picture.</param>
    /// <param name="text">Text chunks to store.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it and says why.</exception>
    public static void Write(string path, Image image, IReadOnlyList<PngText>? text = null)
    {
        byte[] bytes = Encode(image, text);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The bytes of a PNG file.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="text">Text chunks to store.</param>
    public static byte[] Encode(Image image, IReadOnlyList<PngText>? text = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        using MemoryStream png = new();
        png.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8;
        header[9] = 2;
        header[10..].Clear();
        WriteChunk(png, "IHDR"u8, header);
        foreach (PngText t in text ?? [])
        {
            WriteText(png, t);
        }

        using MemoryStream data = new();
        using (ZLibStream zlib = new(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            WriteRows(zlib, image);
        }

        WriteChunk(png, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void WriteRows(Stream zlib, Image image)
    {
        int stride = image.Width * 3;
        byte[] above = new byte[stride];
        byte[] best = new byte[stride + 1];
        byte[] trial = new byte[stride + 1];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Pixels.AsSpan(y * stride, stride);
            long least = long.MaxValue;
            for (byte filter = 0; filter < PngFilter.Count; filter++)
            {
                trial[0] = filter;
                long cost = PngFilter.Apply(filter, row, above, trial.AsSpan(1), bytesPerPixel: 3);
                if (cost < least)
                {
                    least = cost;
                    (best, trial) = (trial, best);
                }
            }

            zlib.Write(best);
            row.CopyTo(above);
        }
    }

    private static void WriteText(Stream png, PngText text)
    {
        if (text.Keyword.Length is 0 or > 79 || text.Keyword.Any(c => c is < ' ' or (> '~' and < (char)161) or > (char)255) || text.Keyword.Trim() != text.Keyword)
        {
            throw new ArgumentException($"'{text.Keyword}' is no PNG keyword: 1 to 79 printable latin-1 characters without spaces at the ends.", nameof(text));
        }

        // NUL separates fields inside the chunk, so the text cannot hold it.
        string value = text.Text.Replace("\0", string.Empty, StringComparison.Ordinal);
        byte[] keyword = Encoding.Latin1.GetBytes(text.Keyword);

        // Latin-1 that happens to be valid UTF-8 would be read as that.
        if (value.All(c => c <= 255) && Encoding.Latin1.GetBytes(value) is { } latin && PngTextChunk.Decode(latin) == value)
        {
            WriteChunk(png, "tEXt"u8, [.. keyword, 0, .. latin]);
        }
        else
        {
            // Keyword, then: not compressed, method 0, no language, no translated keyword.
            WriteChunk(png, "iTXt"u8, [.. keyword, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)]);
        }
    }

    private static void WriteChunk(Stream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(Crc32.Append(0, type), data));
        png.Write(number);
    }
}
