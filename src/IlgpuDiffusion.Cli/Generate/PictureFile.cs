using IlgpuDiffusion.Imaging;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Webp;
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
    public static PngPicture Read(string path)
    {
        byte[] start = new byte[4];
        if (!File.Exists(path) || Start(path, start) < start.Length || start.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
        {
            // It also says what is wrong with what is no file.
            return PngReader.Read(path);
        }

        try
        {
            return Decode(path);
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
