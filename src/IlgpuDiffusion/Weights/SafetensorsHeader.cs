using System.Text;
using System.Text.Json;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>One tensor as a safetensors header lists it: <c>Begin</c> and <c>End</c> are bytes from the start of the data part.</summary>
internal readonly record struct SafetensorsEntry(string Name, ElementType Type, long[] Shape, long Begin, long End);

/// <summary>The parsed and checked JSON header of a safetensors file. It promises that the entries tile the data part exactly.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header that is read, in bytes; the format's own limit.</summary>
    public const long MaxBytes = 100_000_000;

    private readonly string _file;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<SafetensorsEntry> _entries = [];

    private SafetensorsHeader(string file)
    {
        _file = file;
    }

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>Parses a header.</summary>
    /// <param name="json">The header without its length field.</param>
    /// <param name="dataBytes">Bytes of the file after the header.</param>
    /// <param name="file">The file's name for errors.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string file)
    {
        var header = new SafetensorsHeader(file);
        try
        {
            header.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            // InvalidOperationException is what the JSON reader throws for text that is not UTF-8 and for lone surrogates.
            throw new SafetensorsException(file, $"the header is not valid JSON ({e.Message}). The file is damaged; fetch it again.", inner: e);
        }

        header.CheckLayout(dataBytes);
        return header;
    }

    private void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        Expect(ref reader, JsonTokenType.StartObject, "the header is not a JSON object.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw Damaged("the name occurs twice in the header.", name);
            }

            if (name == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else
            {
                _entries.Add(ReadEntry(ref reader, name));
            }
        }

        // The reader itself refuses anything but white space after the closing brace.
        while (reader.Read())
        {
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Damaged("'__metadata__' is not an object of texts.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"the '__metadata__' entry '{key}' is not a text.");
            if (!_metadata.TryAdd(key, reader.GetString()!))
            {
                throw Damaged($"the '__metadata__' entry '{key}' occurs twice.");
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartObject, "the entry is not an object.", name);
        ElementType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            switch (key)
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String, "'dtype' is not a text.", name);
                    var text = reader.GetString();
                    type = ElementTypes.TryParseSafetensors(text, out var known)
                        ? known
                        : throw new SafetensorsException(_file, $"the dtype '{text}' is not supported. Known are {string.Join(", ", Enum.GetValues<ElementType>().Select(t => t.SafetensorsName()))}. Use a file of the model in one of these.", name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, "shape");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name, "data_offsets");
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Damaged($"'{key}' occurs twice.", name);
                default:
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            throw Damaged($"'{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}' is missing.", name);
        }

        if (offsets.Length != 2)
        {
            throw Damaged($"'data_offsets' has {offsets.Length} numbers in place of 2.", name);
        }

        return new SafetensorsEntry(name, type.Value, shape, offsets[0], offsets[1]);
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        Expect(ref reader, JsonTokenType.StartArray, $"'{key}' is not a list of numbers.", name);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw Damaged($"'{key}' holds something other than whole numbers from 0 up to {long.MaxValue}.", name);
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string problem, string? tensor = null)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw Damaged(problem, tensor);
        }
    }

    private void CheckLayout(long dataBytes)
    {
        _entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long end = 0;
        foreach (var entry in _entries)
        {
            var shape = $"{entry.Type.SafetensorsName()}[{string.Join(", ", entry.Shape)}]";
            if (!TryBytes(entry, out var bytes))
            {
                throw Damaged($"the size of {shape} is beyond 64 bits.", entry.Name);
            }

            if (entry.End < entry.Begin)
            {
                throw Damaged($"its data ends at {entry.End}, before it begins at {entry.Begin}.", entry.Name);
            }

            if (entry.End > dataBytes)
            {
                throw new SafetensorsException(_file, $"its data ends at byte {entry.End}, but the file holds only {dataBytes} bytes of data. The file is truncated; fetch it again.", entry.Name);
            }

            if (entry.End - entry.Begin != bytes)
            {
                throw Damaged($"{shape} takes {bytes} bytes, but its offsets span {entry.End - entry.Begin}: dtype, shape or offsets are mislabelled.", entry.Name);
            }

            if (entry.Begin != end)
            {
                throw Damaged(entry.Begin < end ? $"its data begins at {entry.Begin} and overlaps the tensor before it, which ends at {end}." : $"there is a gap from {end} to {entry.Begin} before its data.", entry.Name);
            }

            end = entry.End;
        }

        if (end != dataBytes)
        {
            throw Damaged($"the last tensor ends at byte {end} of the data, but {dataBytes} bytes are there.");
        }
    }

    private SafetensorsException Damaged(string problem, string? tensor = null) => new(_file, $"{problem} The file is damaged; fetch it again.", tensor);

    private static bool TryBytes(in SafetensorsEntry entry, out long bytes)
    {
        // Zeros are left out of the product, so that [2^40, 2^40, 0] is refused wherever its zero stands.
        UInt128 product = (UInt128)entry.Type.Size();
        var empty = false;
        foreach (var size in entry.Shape)
        {
            empty |= size == 0;
            product *= (UInt128)Math.Max(size, 1);
            if (product > (UInt128)long.MaxValue)
            {
                bytes = 0;
                return false;
            }
        }

        bytes = empty ? 0 : (long)product;
        return true;
    }
}
