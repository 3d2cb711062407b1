using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace IlgpuDiffusion.Testing;

/// <summary>A recorded safetensors file, read whole; apart from the product's reader on purpose, so that tests do not share its faults.</summary>
internal sealed class GoldenTensors
{
    private readonly Dictionary<string, (string Type, long[] Shape, ReadOnlyMemory<byte> Data)> _tensors = new(StringComparer.Ordinal);

    private readonly string _path;

    private GoldenTensors(string path, byte[] file)
    {
        _path = path;
        long header = BinaryPrimitives.ReadInt64LittleEndian(file);
        int start = checked(8 + (int)header);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, (int)header));
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in json.RootElement.EnumerateObject())
        {
            if (entry.NameEquals("__metadata__"))
            {
                foreach (JsonProperty pair in entry.Value.EnumerateObject())
                {
                    metadata[pair.Name] = pair.Value.GetString()!;
                }

                continue;
            }

            JsonElement offsets = entry.Value.GetProperty("data_offsets");
            int from = offsets[0].GetInt32();
            int to = offsets[1].GetInt32();
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            _tensors.Add(entry.Name, (entry.Value.GetProperty("dtype").GetString()!, shape, file.AsMemory(start + from, to - from)));
        }

        Metadata = metadata;
    }

    /// <summary>The file's metadata; in model recordings the entry <c>calls</c> is JSON.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The names of all tensors, in the order of the header.</summary>
    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>Reads a file by its full path (see <see cref="Golden.Find"/>).</summary>
    public static GoldenTensors Load(string path) => new(path, File.ReadAllBytes(path));

    /// <summary>Finds a recording by its path under the golden root, and reads it.</summary>
    public static GoldenTensors Find(string relative) => Load(Golden.Find(relative));

    public bool Has(string name) => _tensors.ContainsKey(name);

    public long[] Shape(string name) => Entry(name).Shape;

    /// <summary>The stored element type: F32, F64, F16, BF16, I64, I32, U8, BOOL …</summary>
    public string Type(string name) => Entry(name).Type;

    /// <summary>The stored bytes, little-endian.</summary>
    public ReadOnlyMemory<byte> Bytes(string name) => Entry(name).Data;

    /// <summary>The values as float; wider types are rounded.</summary>
    public float[] Floats(string name) => [.. Doubles(name).Select(value => (float)value)];

    /// <summary>The values as double, whatever the stored type.</summary>
    public double[] Doubles(string name)
    {
        (string type, long[] shape, ReadOnlyMemory<byte> data) = Entry(name);
        double[] values = new double[Count(shape)];
        int width = data.Length / Math.Max(values.Length, 1);
        ReadOnlySpan<byte> bytes = data.Span;
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> item = bytes.Slice(i * width, width);
            values[i] = type switch
            {
                "F64" => BinaryPrimitives.ReadDoubleLittleEndian(item),
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(item),
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(item),
                "BF16" => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(item) << 16),
                _ => Integer(name, type, item),
            };
        }

        return values;
    }

    /// <summary>The values of an integer or bool tensor.</summary>
    public long[] Longs(string name)
    {
        (string type, long[] shape, ReadOnlyMemory<byte> data) = Entry(name);
        long[] values = new long[Count(shape)];
        int width = data.Length / Math.Max(values.Length, 1);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Integer(name, type, data.Span.Slice(i * width, width));
        }

        return values;
    }

    private long Integer(string name, string type, ReadOnlySpan<byte> item) => type switch
    {
        "I64" => BinaryPrimitives.ReadInt64LittleEndian(item),
        "I32" => BinaryPrimitives.ReadInt32LittleEndian(item),
        "U32" => BinaryPrimitives.ReadUInt32LittleEndian(item),
        "I16" => BinaryPrimitives.ReadInt16LittleEndian(item),
        "U16" => BinaryPrimitives.ReadUInt16LittleEndian(item),
        "I8" => (sbyte)item[0],
        "U8" or "BOOL" => item[0],
        _ => throw new NotSupportedException($"The recorded tensor '{name}' in '{_path}' is {type}, which this reading does not take."),
    };

    private (string Type, long[] Shape, ReadOnlyMemory<byte> Data) Entry(string name) => _tensors.TryGetValue(name, out var entry)
        ? entry
        : throw new KeyNotFoundException($"The recording '{_path}' has no tensor '{name}'. It has: {string.Join(", ", _tensors.Keys.Take(40))}.");

    private static int Count(long[] shape) => checked((int)shape.Aggregate(1L, (product, size) => product * size));
}

/// <summary>Comparison of computed values with recorded ones.</summary>
internal static class GoldenAssert
{
    /// <summary>
    /// Fails unless max |a − b| / (1 + |b|) is at most <paramref name="tolerance"/>, b being the expected values; returns and prints that error.
    /// Equal infinities and NaN against NaN count as equal.
    /// </summary>
    public static double Close(float[] expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        if (expected.Length != actual.Length)
        {
            Assert.Fail($"{what}: expected {expected.Length} values, got {actual.Length}.");
        }

        double error = 0;
        int worst = -1;
        for (int i = 0; i < expected.Length; i++)
        {
            double a = actual[i];
            double b = expected[i];
            double here = a.Equals(b) ? 0 : Math.Abs(a - b) / (1 + Math.Abs(b));
            here = double.IsNaN(here) ? double.PositiveInfinity : here;
            if (here > error)
            {
                error = here;
                worst = i;
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured {what}: {error:E2}"));
        if (error > tolerance)
        {
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}: error {error:E3} exceeds {tolerance:E1}; worst at {worst} of {expected.Length}: expected {expected[worst]:R}, got {actual[worst]:R}."));
        }

        return error;
    }
}
