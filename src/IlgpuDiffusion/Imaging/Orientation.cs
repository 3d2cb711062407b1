using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Imaging;

/// <summary>How a camera was held, as EXIF says it: 1 is upright, 2 to 8 are turned or mirrored (EXIF 2.32, tag 0x0112).</summary>
internal static partial class Orientation
{
    public const int Upright = 1;

    private const ushort Tag = 0x0112;

    /// <summary>The orientation that an EXIF block states; null where it states none, or is damaged.</summary>
    public static int? OfExif(ReadOnlySpan<byte> exif)
    {
        exif = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        bool big = exif.StartsWith("MM"u8);
        if (exif.Length < 8 || !(big || exif.StartsWith("II"u8)))
        {
            return null;
        }

        uint directory = big ? BinaryPrimitives.ReadUInt32BigEndian(exif[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]);
        if (directory > exif.Length - 2)
        {
            return null;
        }

        ReadOnlySpan<byte> entries = exif[(int)directory..];
        int count = Short(entries, big);
        for (int at = 2; count > 0 && at + 12 <= entries.Length; count--, at += 12)
        {
            if (Short(entries[at..], big) == Tag)
            {
                // A short, left in its four bytes; some writers take a long.
                bool isLong = Short(entries[(at + 2)..], big) == 4;
                return Valid(Short(entries[(at + 8 + (isLong && big ? 2 : 0))..], big));
            }
        }

        return null;
    }

    /// <summary>What text chunks say: ImageMagick's hexadecimal profile, or else Adobe's XMP.</summary>
    public static int? OfText(IReadOnlyList<PngText> text)
    {
        int? stated = null;
        foreach (PngText chunk in text)
        {
            if (chunk.Keyword == "Raw profile type exif")
            {
                string hex = string.Concat(chunk.Text.Split('\n').Skip(3)).Replace(" ", string.Empty, StringComparison.Ordinal);
                stated = hex.Length % 2 == 0 && hex.All(char.IsAsciiHexDigit) ? OfExif(Convert.FromHexString(hex)) ?? stated : stated;
            }
            else if (chunk.Keyword == "XML:com.adobe.xmp" && Xmp().Match(chunk.Text) is { Success: true } match)
            {
                stated ??= Valid(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }

        return stated;
    }

    /// <summary>Turns values of pixels, [height, width, channels], upright.</summary>
    /// <returns>The values, and the width and height that they have now.</returns>
    public static (byte[] Values, int Width, int Height) Turn(int orientation, byte[] values, int width, int height, int channels)
    {
        if (orientation == Upright)
        {
            return (values, width, height);
        }

        bool swaps = orientation >= 5;
        (int newWidth, int newHeight) = swaps ? (height, width) : (width, height);
        byte[] turned = new byte[values.Length];
        for (int y = 0; y < newHeight; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                (int fromX, int fromY) = orientation switch
                {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                values.AsSpan(((fromY * width) + fromX) * channels, channels).CopyTo(turned.AsSpan(((y * newWidth) + x) * channels));
            }
        }

        return (turned, newWidth, newHeight);
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool big) => big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static int? Valid(int orientation) => orientation is >= 1 and <= 8 ? orientation : null;

    [GeneratedRegex("""tiff:Orientation(?:="|>)([0-9])""")]
    private static partial Regex Xmp();
}
