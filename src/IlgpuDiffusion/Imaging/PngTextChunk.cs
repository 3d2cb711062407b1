using System.IO.Compression;
using System.Text;
using System.Text.Unicode;

namespace IlgpuDiffusion.Imaging;

/// <summary>Reads tEXt, zTXt and iTXt chunks (PNG specification, 11.3.3).</summary>
internal static class PngTextChunk
{
    private const int MostBytes = 16 << 20;

    public static PngText Parse(string type, ReadOnlySpan<byte> body)
    {
        string keyword = Encoding.Latin1.GetString(Field(type, ref body));
        switch (type)
        {
            case "tEXt":
                return new PngText(keyword, Decode(Limited(body)));
            case "zTXt":
                return new PngText(keyword, Decode(Inflate(type, Method(type, body), body[1..])));
            default:
                if (body.Length < 2)
                {
                    throw Fault(type);
                }

                bool packed = body[0] == 1;
                byte method = body[1];
                body = body[2..];
                _ = Field(type, ref body);
                _ = Field(type, ref body);
                return new PngText(keyword, Encoding.UTF8.GetString(packed ? Inflate(type, method, body) : Limited(body)));
        }
    }

    /// <summary>Text that should be Latin-1. Many writers put UTF-8 there, and what is valid UTF-8 beyond ASCII was hardly meant as anything else.</summary>
    public static string Decode(ReadOnlySpan<byte> text) => (Utf8.IsValid(text) ? Encoding.UTF8 : Encoding.Latin1).GetString(text);

    private static ReadOnlySpan<byte> Field(string type, ref ReadOnlySpan<byte> body)
    {
        int end = body.IndexOf((byte)0);
        if (end < 0)
        {
            throw Fault(type);
        }

        ReadOnlySpan<byte> field = body[..end];
        body = body[(end + 1)..];
        return field;
    }

    private static byte Method(string type, ReadOnlySpan<byte> body) => body.IsEmpty ? throw Fault(type) : body[0];

    private static ReadOnlySpan<byte> Limited(ReadOnlySpan<byte> body) => body.Length <= MostBytes ? body : throw TooLong();

    private static byte[] Inflate(string type, byte method, ReadOnlySpan<byte> packed)
    {
        if (method != 0)
        {
            throw Fault(type);
        }

        using MemoryStream source = new(packed.ToArray());
        using ZLibStream zlib = new(source, CompressionMode.Decompress);
        using MemoryStream result = new();
        byte[] buffer = new byte[16384];
        try
        {
            for (int count = zlib.Read(buffer); count > 0; count = zlib.Read(buffer))
            {
                result.Write(buffer, 0, count);
                if (result.Length > MostBytes)
                {
                    throw TooLong();
                }
            }
        }
        catch (InvalidDataException)
        {
            throw Fault(type);
        }

        return result.ToArray();
    }

    private static PngFault Fault(string type) => new($"its text chunk {type} is damaged.");

    private static PngFault TooLong() => new($"a text chunk is longer than {MostBytes >> 20} MiB.");
}
