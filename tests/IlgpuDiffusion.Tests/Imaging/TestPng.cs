using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Imaging;

/// <summary>Builds PNG files of any kind, sound or damaged, by the letter of the specification and without the product's writer.</summary>
internal sealed class TestPng
{
    private static readonly (int X, int Y, int StepX, int StepY)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private readonly MemoryStream _bytes = new();

    public TestPng() => _bytes.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);

    public byte[] Bytes => _bytes.ToArray();

    public static int Channels(int colour) => colour switch { 0 or 3 => 1, 4 => 2, 2 => 3, _ => 4 };

    public TestPng Chunk(string type, params byte[] body)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, body.Length);
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. body];
        _bytes.Write(number);
        _bytes.Write(typed);
        BinaryPrimitives.WriteUInt32BigEndian(number, SlowCrc(typed));
        _bytes.Write(number);
        return this;
    }

    public TestPng Header(int width, int height, int depth, int colour, bool interlaced = false)
    {
        byte[] body = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(body, width);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(4), height);
        body[8] = (byte)depth;
        body[9] = (byte)colour;
        body[12] = interlaced ? (byte)1 : (byte)0;
        return Chunk("IHDR", body);
    }

    /// <summary>Samples [height, width, channels]; row y takes filter y mod 5; the stream is cut into several IDAT chunks.</summary>
    public TestPng Pixels(int[] samples, int width, int height, int depth, int colour, bool interlaced = false)
    {
        int channels = Channels(colour);
        using MemoryStream raw = new();
        foreach ((int startX, int startY, int stepX, int stepY) in interlaced ? Adam7 : [(0, 0, 1, 1)])
        {
            byte[]? above = null;
            int line = 0;
            for (int y = startY; y < height && startX < width; y += stepY, line++)
            {
                List<int> row = [];
                for (int x = startX; x < width; x += stepX)
                {
                    row.AddRange(samples.Skip(((y * width) + x) * channels).Take(channels));
                }

                byte[] packed = Pack(row, depth);
                raw.WriteByte((byte)(line % 5));
                raw.Write(Filter(line % 5, packed, above ?? new byte[packed.Length], Math.Max(1, channels * depth / 8)));
                above = packed;
            }
        }

        using MemoryStream data = new();
        using (ZLibStream zlib = new(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(raw.ToArray());
        }

        foreach (byte[] part in data.ToArray().Chunk(37))
        {
            Chunk("IDAT", part);
        }

        return this;
    }

    public PngPicture Decode() => PngReader.Decode(Bytes, "test.png");

    private static byte[] Pack(List<int> samples, int depth)
    {
        byte[] bytes = new byte[((samples.Count * depth) + 7) / 8];
        for (int i = 0; i < samples.Count; i++)
        {
            for (int bit = 0; bit < depth; bit++)
            {
                if ((samples[i] >> (depth - 1 - bit) & 1) != 0)
                {
                    int at = (i * depth) + bit;
                    bytes[at / 8] |= (byte)(0x80 >> (at % 8));
                }
            }
        }

        return bytes;
    }

    private static byte[] Filter(int filter, byte[] row, byte[] above, int distance)
    {
        byte[] result = new byte[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            int a = i < distance ? 0 : row[i - distance];
            int b = above[i];
            int c = i < distance ? 0 : above[i - distance];
            int p = a + b - c;
            int paeth = new[] { a, b, c }.MinBy(v => Math.Abs(p - v));
            result[i] = (byte)(row[i] - (filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => paeth }));
        }

        return result;
    }

    private static uint SlowCrc(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
        }

        return ~crc;
    }
}
