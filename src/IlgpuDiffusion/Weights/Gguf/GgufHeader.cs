using System.Globalization;

namespace IlgpuDiffusion.Weights;

/// <summary>One tensor as a GGUF header lists it: <c>Begin</c> is its first byte in the file.</summary>
internal readonly record struct GgufEntry(string Name, GgufType Type, long[] Shape, long Begin, long Bytes);

/// <summary>
/// The parsed and checked header of a GGUF file (ggml's docs/gguf.md, versions 2 and 3): counts, metadata, tensors, and aligned data behind. It promises that the data of every entry is in
/// the file and no other's.
/// </summary>
internal sealed class GgufHeader
{
    // What ComfyUI-GGUF writes for a tensor whose rows were cut anew, so that blocks fit.
    private const string OriginalShape = "comfy.gguf.orig_shape.";
    private const int MostAxes = 4;
    private const long MostAlignment = 1 << 20;

    private readonly string _file;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> _shapes = new(StringComparer.Ordinal);
    private readonly List<GgufEntry> _entries = [];

    private GgufHeader(string file) => _file = file;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<GgufEntry> Entries => _entries;

    /// <summary>Parses a file's header.</summary>
    /// <exception cref="ModelFileException">It is damaged, or has a version or a type that is not read.</exception>
    public static unsafe GgufHeader Parse(byte* start, long length, string file)
    {
        GgufHeader header = new(file);
        header.Read(new GgufReader(start, length, file), length);
        return header;
    }

    private void Read(GgufReader reader, long length)
    {
        _ = reader.U32();
        uint version = reader.U32();
        if (version is not (2 or 3))
        {
            bool turned = version is 0x02000000 or 0x03000000;
            throw new ModelFileException(_file, $"'{_file}' is GGUF {(turned ? "with the bytes of its numbers turned round" : $"of version {version}")}, which is not read; versions 2 and 3 are, lowest byte first. Use another file of the model.");
        }

        // A tensor takes 24 bytes at least and a value 13.
        (ulong tensors, ulong values) = (reader.U64(), reader.U64());
        if (tensors > (ulong)(reader.Left / 24) || values > (ulong)(reader.Left / 13))
        {
            throw reader.Bad($"its header would list {tensors} tensors and {values} values, for which it is too short");
        }

        for (ulong i = 0; i < values; i++)
        {
            ReadValue(reader);
        }

        List<(string Name, GgufType Type, long[] Shape, ulong Offset)> listed = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (ulong i = 0; i < tensors; i++)
        {
            listed.Add(ReadTensor(reader));
            if (!names.Add(listed[^1].Name))
            {
                throw Bad(listed[^1].Name, "the name occurs twice in the header.");
            }
        }

        long alignment = Alignment();
        long data = (reader.Position + alignment - 1) / alignment * alignment;
        foreach ((string name, GgufType type, long[] shape, ulong offset) in listed)
        {
            Add(name, type, shape, offset, data, alignment, length);
        }

        CheckOverlaps();
    }

    private void ReadValue(GgufReader reader)
    {
        string key = reader.Text(), value = reader.Value(out long[]? numbers) ?? "";
        if (!_metadata.TryAdd(key, value))
        {
            throw new ModelFileException(_file, $"'{_file}': the value '{key}' occurs twice in the header. The file is damaged; fetch it again.");
        }

        if (numbers is not null && key.StartsWith(OriginalShape, StringComparison.Ordinal))
        {
            _shapes.Add(key[OriginalShape.Length..], numbers);
        }
    }

    private (string Name, GgufType Type, long[] Shape, ulong Offset) ReadTensor(GgufReader reader)
    {
        string name = reader.Text();
        uint axes = reader.U32();
        if (axes > MostAxes)
        {
            throw Bad(name, $"it has {axes} axes; the format allows {MostAxes}.");
        }

        // The innermost axis comes first.
        long[] shape = new long[axes];
        for (int axis = (int)axes - 1; axis >= 0; axis--)
        {
            ulong size = reader.U64();
            shape[axis] = size <= long.MaxValue ? (long)size : throw Bad(name, $"an axis has the size {size}.");
        }

        uint number = reader.U32();
        GgufType type = GgufType.All.FirstOrDefault(type => type.Number == number)
            ?? throw new ModelFileException(_file, $"'{_file}', tensor '{name}' is stored as {GgufType.NameOf(number)}, which is not read. Use a file of one of {string.Join(", ", GgufType.All.Where(known => known.Decode is not null).Select(known => known.Name))}.");
        return (name, type, shape, reader.U64());
    }

    private void Add(string name, GgufType type, long[] shape, ulong offset, long data, long alignment, long length)
    {
        if (offset % (ulong)alignment != 0)
        {
            throw Bad(name, $"its data begins at {offset}, which is no multiple of {alignment}.");
        }

        if (shape.Length > 0 && shape[^1] % type.Elements != 0)
        {
            throw Bad(name, $"its rows of {shape[^1]} numbers are no whole blocks of {type.Name}, which have {type.Elements}.");
        }

        if (!TryCount(shape, out long count) || (Int128)(count / type.Elements) * type.Bytes > long.MaxValue)
        {
            throw Bad(name, $"the size of {type.Name}[{string.Join(", ", shape)}] is beyond 64 bits.");
        }

        // A scalar in blocks is none.
        long bytes = count % type.Elements == 0 ? count / type.Elements * type.Bytes : throw Bad(name, $"{type.Name}[{string.Join(", ", shape)}] is no whole number of blocks.");
        if ((Int128)data + offset + bytes > length)
        {
            throw Bad(name, $"its data ends at byte {(Int128)data + offset + bytes}, but the file has only {length}: it is truncated, or its header mislabelled.");
        }

        if (_shapes.TryGetValue(name, out long[]? original))
        {
            shape = original.All(size => size >= 0) && TryCount(original, out long same) && same == count ? original
                : throw Bad(name, $"'{OriginalShape}{name}' says [{string.Join(", ", original)}], but there are {count} numbers.");
        }

        _entries.Add(new GgufEntry(name, type, shape, data + (long)offset, bytes));
    }

    private void CheckOverlaps()
    {
        _entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.Bytes.CompareTo(b.Bytes));
        for (int i = 1; i < _entries.Count; i++)
        {
            GgufEntry before = _entries[i - 1];
            if (_entries[i].Begin < before.Begin + before.Bytes)
            {
                throw Bad(_entries[i].Name, $"its data begins at byte {_entries[i].Begin}, within that of '{before.Name}'.");
            }
        }
    }

    private long Alignment()
    {
        const string Key = "general.alignment";
        const long Usual = 32;
        return !_metadata.TryGetValue(Key, out string? text) ? Usual
            : long.TryParse(text, CultureInfo.InvariantCulture, out long alignment) && alignment is > 0 and <= MostAlignment && alignment % 8 == 0 ? alignment
            : throw new ModelFileException(_file, $"'{_file}': '{Key}' is {text}, but must be a multiple of 8 up to {MostAlignment}. The file is damaged; fetch it again.");
    }

    private ModelFileException Bad(string tensor, string problem) => new(_file, $"'{_file}', tensor '{tensor}': {problem} The file is damaged; fetch it again.");

    private static bool TryCount(long[] shape, out long count)
    {
        // Zeros are left out of the product, so that a huge size beside one is refused too.
        UInt128 product = 1;
        bool empty = false;
        foreach (long size in shape)
        {
            empty |= size == 0;
            product *= (UInt128)Math.Max(size, 1);
            if (product > (UInt128)long.MaxValue / 8)
            {
                count = 0;
                return false;
            }
        }

        count = empty ? 0 : (long)product;
        return true;
    }
}
