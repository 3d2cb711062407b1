using System.Buffers.Binary;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;
using Foreign = SixLabors.ImageSharp;

namespace IlgpuDiffusion.Cli;

/// <summary>Reads a picture that a user gives: PNG, or JPEG, WebP, BMP and GIF (its first frame) through ImageSharp; upright, as EXIF says.</summary>
internal static class PictureFile
{
    public const string Kinds = "PNG, JPEG, WebP, BMP or GIF";

    private static readonly Foreign.Configuration Formats = new(new JpegConfigurationModule(), new WebpConfigurationModule(), new BmpConfigurationModule(), new GifConfigurationModule());

    /// <exception cref="InvalidDataException">It is no picture, or a damaged one.</exception>
    public static PngPicture Read(string path) => IsForeign(path) ? Guarded(path, () => Decode(path)) : PngReader.Read(path);

    /// <summary>What a picture says of itself: a PNG's texts, or the comment that stable-diffusion-webui puts into the EXIF block of other kinds.</summary>
    /// <exception cref="InvalidDataException">It is no picture, or a damaged one.</exception>
    public static IReadOnlyList<PngText> ReadText(string path) => IsForeign(path) ? Guarded(path, () => Comment(path)) : PngReader.ReadText(path);

    // The reader of PNG also says what is wrong with what is no file.
    private static bool IsForeign(string path)
    {
        byte[] start = new byte[4];
        return File.Exists(path) && Start(path, start) == start.Length && !start.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']);
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Foreign.UnknownImageFormatException e)
        {
            throw new InvalidDataException($"'{path}' cannot be read: it is no picture of a known kind ({Kinds}).", e);
        }
        catch (Exception e) when (e is Foreign.ImageFormatException or Foreign.Memory.InvalidMemoryOperationException or NotSupportedException or OverflowException or ArgumentException or IndexOutOfRangeException or NullReferenceException)
        {
            throw new InvalidDataException($"'{path}' cannot be read: {e.Message.TrimEnd('.')}. Convert it to PNG.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot read '{path}': no permission.", e);
        }
    }

    private static int Start(string path, byte[] start)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot read '{path}': no permission.", e);
        }
    }

    private static IReadOnlyList<PngText> Comment(string path)
    {
        Foreign.IImageInfo info = Foreign.Image.Identify(Formats, path, out _) ?? throw new Foreign.UnknownImageFormatException("unknown");
        if (info.Metadata.ExifProfile?.GetValue(ExifTag.UserComment)?.Value.Text is not { Length: > 0 } text)
        {
            return [];
        }

        // Most writers of UTF-16 put the high byte first, which the specification leaves open.
        bool isSwapped = text.Count(c => c is > '\u00FF' && (c & 0xFF) == 0) > text.Length / 2;
        return [new PngText(ParametersText.Keyword, isSwapped ? string.Concat(text.Select(c => (char)BinaryPrimitives.ReverseEndianness((ushort)c))) : text)];
    }

    private static PngPicture Decode(string path)
    {
        Foreign.IImageInfo? info = Foreign.Image.Identify(Formats, path, out _);
        if (info is not null && (long)info.Width * info.Height > PngReader.MostPixels)
        {
            throw new InvalidDataException($"'{path}' cannot be read: its size of {info.Width}x{info.Height} is over the limit of {PngReader.MostPixels / 1_000_000} million pixels.");
        }

        using Foreign.Image<Rgba32> image = Foreign.Image.Load<Rgba32>(Formats, path);
        image.Mutate(Formats, picture => picture.AutoOrient());
        Image colours = new(image.Width, image.Height);
        byte[] alpha = new byte[image.Width * image.Height];
        image.Frames.RootFrame.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < rows.Height; y++)
            {
                Span<Rgba32> row = rows.GetRowSpan(y);
                for (int x = 0; x < row.Length; x++)
                {
                    int at = (y * row.Length) + x;
                    (colours.Pixels[3 * at], colours.Pixels[(3 * at) + 1], colours.Pixels[(3 * at) + 2], alpha[at]) = (row[x].R, row[x].G, row[x].B, row[x].A);
                }
            }
        });
        return new PngPicture(colours, alpha.All(a => a == 255) ? null : alpha, []);
    }
}
