using System.IO.Compression;

namespace IlgpuDiffusion.Imaging;

/// <summary>Inflates, unfilters and deinterlaces the pixels of one PNG file into RGB and opacity.</summary>
internal sealed class PngPixels
{
    // Column and row of the first pixel of a pass, and the steps (PNG specification, 8.2).
    private static readonly (int X, int Y, int StepX, int StepY)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private readonly PngHeader _header;
    private readonly byte[]? _palette;
    private readonly byte[]? _transparency;
    private readonly int[]? _clear;

    public PngPixels(PngHeader header, byte[]? palette, byte[]? transparency)
    {
        _header = header;
        _palette = palette;
        bool indexed = header.Colour == PngColour.Palette;
        if (indexed && palette is null)
        {
            throw new PngFault("it has no palette, which its colour type needs.");
        }

        bool fits = transparency is null || header.Colour switch
        {
            PngColour.Grey => transparency.Length == 2,
            PngColour.Rgb => transparency.Length == 6,
            PngColour.Palette => transparency.Length <= palette!.Length / 3,
            _ => false,
        };

        // One that does not fit the colour type says nothing.
        transparency = fits ? transparency : null;
        _transparency = indexed ? transparency : null;
        _clear = indexed || transparency is null ? null : [.. transparency.Chunk(2).Select(pair => (pair[0] << 8) | pair[1])];
    }

    private bool HasAlpha => _transparency is not null || _clear is not null || _header.Colour is PngColour.GreyAlpha or PngColour.RgbAlpha;

    public Image Decode(IReadOnlyList<ReadOnlyMemory<byte>> data, out byte[]? alpha)
    {
        (int X, int Y, int StepX, int StepY)[] passes = _header.Interlaced ? Adam7 : [(0, 0, 1, 1)];
        CheckPlausible(passes, data.Sum(d => (long)d.Length));
        Image image = new(_header.Width, _header.Height);
        alpha = HasAlpha ? new byte[_header.Width * _header.Height] : null;
        using ChainedStream compressed = new(data);
        using ZLibStream zlib = new(compressed, CompressionMode.Decompress);
        try
        {
            foreach ((int x, int y, int stepX, int stepY) in passes)
            {
                ReadPass(zlib, image, alpha, x, y, stepX, stepY);
            }
        }
        catch (EndOfStreamException)
        {
            throw new PngFault("its pixel data ends early: the file is truncated or damaged.");
        }
        catch (InvalidDataException)
        {
            throw new PngFault("its compressed pixel data is damaged.");
        }

        return image;
    }

    /// <summary>Deflate packs at most 1032 to 1, so a file of a few bytes cannot make us reserve memory for a huge picture.</summary>
    private void CheckPlausible((int X, int Y, int StepX, int StepY)[] passes, long compressed)
    {
        long expected = 0;
        foreach ((int x, int y, int stepX, int stepY) in passes)
        {
            int columns = Count(_header.Width, x, stepX);
            expected += columns == 0 ? 0 : Count(_header.Height, y, stepY) * (_header.RowBytes(columns) + 1);
        }

        if (expected > (compressed * 1032) + 1024)
        {
            throw new PngFault($"its {compressed} bytes of pixel data cannot hold a picture of {_header.Width}x{_header.Height}: the file is truncated or damaged.");
        }
    }

    private static int Count(int size, int start, int step) => (size - start + step - 1) / step;

    private void ReadPass(Stream zlib, Image image, byte[]? alpha, int startX, int startY, int stepX, int stepY)
    {
        int columns = Count(_header.Width, startX, stepX);
        if (columns == 0)
        {
            return;
        }

        byte[] row = new byte[_header.RowBytes(columns)];
        byte[] above = new byte[row.Length];
        for (int y = startY; y < _header.Height; y += stepY)
        {
            int filter = zlib.ReadByte();
            if (filter is < 0 or >= PngFilter.Count)
            {
                throw new PngFault(filter < 0 ? "its pixel data ends early: the file is truncated or damaged." : $"row {y} has an unknown filter ({filter}): the file is damaged.");
            }

            zlib.ReadExactly(row);
            PngFilter.Undo((byte)filter, row, above, _header.BytesPerPixel);
            for (int i = 0; i < columns; i++)
            {
                Put(image, alpha, (y * _header.Width) + startX + (i * stepX), row, i);
            }

            (row, above) = (above, row);
        }
    }

    private void Put(Image image, byte[]? alpha, int pixel, byte[] row, int index)
    {
        int first = index * _header.Channels;
        Span<byte> rgb = image.Pixels.AsSpan(pixel * 3, 3);
        if (_header.Colour == PngColour.Palette)
        {
            int entry = Sample(row, first);

            // Entries beyond the palette are black, as elsewhere.
            if (entry * 3 < _palette!.Length)
            {
                _palette.AsSpan(entry * 3, 3).CopyTo(rgb);
            }

            if (alpha is not null)
            {
                alpha[pixel] = entry < _transparency!.Length ? _transparency[entry] : (byte)255;
            }

            return;
        }

        bool colour = _header.Colour is PngColour.Rgb or PngColour.RgbAlpha;
        int channels = colour ? 3 : 1;
        bool clear = _clear is not null;
        for (int c = 0; c < 3; c++)
        {
            int sample = Sample(row, first + (colour ? c : 0));
            rgb[c] = ToByte(sample);
            clear = clear && sample == _clear![colour ? c : 0];
        }

        if (alpha is not null)
        {
            alpha[pixel] = _clear is not null ? (clear ? (byte)0 : (byte)255) : ToByte(Sample(row, first + channels));
        }
    }

    private int Sample(byte[] row, int index)
    {
        switch (_header.Depth)
        {
            case 8:
                return row[index];
            case 16:
                return (row[2 * index] << 8) | row[(2 * index) + 1];
            default:
                int bit = index * _header.Depth;
                return (row[bit >> 3] >> (8 - _header.Depth - (bit & 7))) & ((1 << _header.Depth) - 1);
        }
    }

    private byte ToByte(int sample) => _header.Depth switch
    {
        8 => (byte)sample,
        16 => (byte)(((sample * 255) + 32895) >> 16),
        _ => (byte)(sample * 255 / ((1 << _header.Depth) - 1)),
    };
}
