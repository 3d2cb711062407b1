using System.Text;

namespace IlgpuDiffusion.Weights;

/// <summary>Reads a GGUF header from memory, and never beyond it.</summary>
/// <param name="start">The file's first byte.</param>
/// <param name="length">Its bytes.</param>
/// <param name="file">Its name for errors.</param>
internal sealed unsafe class GgufReader(byte* start, long length, string file)
{
    private const int MostText = 1 << 24;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    // gguf_metadata_value_type: bytes of a value by the number of its type; 0 for texts and arrays.
    private static readonly int[] Sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    private const int TextType = 8;
    private const int ArrayType = 9;

    /// <summary>Where it reads.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes from there to the end.</summary>
    public long Left => length - Position;

    public uint U32() => *(uint*)Take(4);

    public ulong U64() => *(ulong*)Take(8);

    /// <summary>A text with its length in front.</summary>
    public string Text()
    {
        ulong bytes = U64();
        if (bytes > MostText)
        {
            throw Bad($"a text of {bytes} bytes stands in its header");
        }

        try
        {
            return Utf8.GetString(new ReadOnlySpan<byte>(Take((long)bytes), (int)bytes));
        }
        catch (DecoderFallbackException)
        {
            throw Bad("a text in its header is not UTF-8");
        }
    }

    /// <summary>A value of the metadata as text; of a list of whole numbers those, and nothing of other lists.</summary>
    public string? Value(out long[]? numbers)
    {
        numbers = null;
        uint type = U32();
        if (type != ArrayType)
        {
            return type == TextType ? Text() : Number(type);
        }

        (uint item, ulong count) = (U32(), U64());
        if (item == TextType)
        {
            for (ulong i = 0; i < count; i++)
            {
                ulong bytes = U64();
                _ = Take(bytes > (ulong)Left ? throw Cut() : (long)bytes);
            }

            return null;
        }

        int size = SizeOf(item);
        if (count > (ulong)(Left / size))
        {
            throw Cut();
        }

        // Shapes are such lists; others may be long, and nobody asks for them.
        if (count > 16 || item is 6 or 7 or 12)
        {
            _ = Take((long)count * size);
            return null;
        }

        numbers = [.. Enumerable.Range(0, (int)count).Select(_ => long.TryParse(Number(item), out long number) ? number : -1)];
        return null;
    }

    /// <summary>The error for a header that is not one.</summary>
    public ModelFileException Bad(string what) => new(file, $"'{file}': {what} (byte {Position}). The file is damaged, or not a GGUF file; fetch it again.");

    private string Number(uint type)
    {
        byte* at = Take(SizeOf(type));
        return FormattableString.Invariant(type switch
        {
            0 or 7 => $"{*at}",
            1 => $"{*(sbyte*)at}",
            2 => $"{*(ushort*)at}",
            3 => $"{*(short*)at}",
            4 => $"{*(uint*)at}",
            5 => $"{*(int*)at}",
            6 => $"{*(float*)at}",
            10 => $"{*(ulong*)at}",
            11 => $"{*(long*)at}",
            _ => $"{*(double*)at}",
        });
    }

    private int SizeOf(uint type) => type < Sizes.Length && Sizes[type] > 0 ? Sizes[type] : throw Bad($"a value of the type {type} stands in its header, which is not known there");

    private byte* Take(long bytes)
    {
        if (bytes > Left)
        {
            throw Cut();
        }

        byte* at = start + Position;
        Position += bytes;
        return at;
    }

    private ModelFileException Cut() => new(file, $"'{file}': it ends within its header, at byte {length}. The file is truncated; fetch it again.");
}
