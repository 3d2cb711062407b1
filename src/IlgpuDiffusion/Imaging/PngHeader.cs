using System.Buffers.Binary;

namespace IlgpuDiffusion.Imaging;

internal enum PngColour : byte
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    RgbAlpha = 6,
}

/// <summary>The IHDR chunk of a PNG file.</summary>
internal readonly record struct PngHeader(int Width, int Height, int Depth, PngColour Colour, bool Interlaced)
{
    public int Channels => Colour switch
    {
        PngColour.Grey or PngColour.Palette => 1,
        PngColour.GreyAlpha => 2,
        PngColour.Rgb => 3,
        _ => 4,
    };

    /// <summary>Distance of corresponding bytes of neighbouring pixels, at least 1.</summary>
    public int BytesPerPixel => Math.Max(1, Channels * Depth / 8);

    /// <summary>Bytes of a row of so many pixels, without its filter byte.</summary>
    public long RowBytes(int pixels) => (((long)pixels * Channels * Depth) + 7) / 8;

    public static PngHeader Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length != 13)
        {
            throw new PngFault($"its IHDR chunk has {body.Length} bytes instead of 13.");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(body);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        if (width == 0 || height == 0 || width > int.MaxValue || height > int.MaxValue)
        {
            throw new PngFault($"its size of {width}x{height} is not valid.");
        }

        if ((ulong)width * height > (ulong)PngReader.MostPixels)
        {
            throw new PngFault($"its size of {width}x{height} is over the limit of {PngReader.MostPixels / 1_000_000} million pixels.");
        }

        int depth = body[8];
        bool known = body[9] switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!known)
        {
            throw new PngFault($"its colour type {body[9]} with {depth} bits is not valid.");
        }

        if (body[10] != 0 || body[11] != 0 || body[12] > 1)
        {
            throw new PngFault($"its compression, filter or interlace method ({body[10]}, {body[11]}, {body[12]}) is not known.");
        }

        return new PngHeader((int)width, (int)height, depth, (PngColour)body[9], body[12] == 1);
    }
}
