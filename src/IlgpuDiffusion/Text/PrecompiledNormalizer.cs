using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>
/// SentencePiece's compiled rules of normalization, as the tokenizers library follows them: a character with its marks, if it takes at most five bytes, is replaced by the rule of its shortest
/// beginning that has one; otherwise each of its code points is. The rules are a double array (Aoe 1989, in darts-clone's form) over UTF-8, whose values are places in a text of replacements.
/// </summary>
internal sealed class PrecompiledNormalizer
{
    private const int LongestCluster = 5;
    private const string Fault = "its normalization rules are damaged; copy the file again.";

    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly string _file;

    /// <param name="map">The compiled rules.</param>
    /// <param name="file">The file that holds them, for errors.</param>
    public PrecompiledNormalizer(ReadOnlySpan<byte> map, string file)
    {
        _file = file;
        uint size = map.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (size % sizeof(uint) != 0 || size > map.Length - sizeof(uint))
        {
            throw Damaged();
        }

        _units = new uint[size / sizeof(uint)];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(sizeof(uint) * (i + 1))..]);
        }

        _replacements = map[(sizeof(uint) + (int)size)..].ToArray();
    }

    /// <summary>The normalized text.</summary>
    public string Normalize(string text)
    {
        StringBuilder result = new(text.Length);
        Span<byte> utf8 = stackalloc byte[LongestCluster];
        for (int at = 0; at < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text, at);
            ReadOnlySpan<char> cluster = text.AsSpan(at, length);
            at += length;
            if (!Encoding.UTF8.TryGetBytes(cluster, utf8, out int bytes) || !Replace(utf8[..bytes], result))
            {
                EachRune(cluster, result);
            }
        }

        return result.ToString();
    }

    private void EachRune(ReadOnlySpan<char> cluster, StringBuilder result)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in cluster.EnumerateRunes())
        {
            if (!Replace(utf8[..rune.EncodeToUtf8(utf8)], result))
            {
                result.Append(rune.ToString());
            }
        }
    }

    // The rule of the shortest beginning.
    private bool Replace(ReadOnlySpan<byte> key, StringBuilder result)
    {
        uint node = 0;
        uint unit = Unit(node);
        node ^= Offset(unit);
        foreach (byte b in key)
        {
            if (b == 0)
            {
                return false;
            }

            node ^= b;
            unit = Unit(node);
            if ((unit & (0x80000000u | 0xFFu)) != b)
            {
                return false;
            }

            node ^= Offset(unit);
            if (((unit >> 8) & 1) == 1)
            {
                int start = (int)(Unit(node) & 0x7FFFFFFFu);
                int count = start < _replacements.Length ? _replacements.AsSpan(start).IndexOf((byte)0) : -1;
                result.Append(Encoding.UTF8.GetString(_replacements, start, count >= 0 ? count : throw Damaged()));
                return true;
            }
        }

        return false;
    }

    private uint Unit(uint node) => node < (uint)_units.Length ? _units[node] : throw Damaged();

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);

    private InvalidDataException Damaged() => new($"'{_file}': {Fault}");
}
