using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Testing;

/// <summary>Collects tensors and saves them as one safetensors file, which appears complete or not at all.</summary>
internal sealed class SafetensorsWriter
{
    private const int HeaderAlignment = 8;
    private const int Chunk = 1 << 20;

    private readonly Dictionary<string, Item> _items = new(StringComparer.Ordinal);

    /// <summary>Texts for <c>__metadata__</c>.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Adds a tensor, whose owner must live until it is saved.</summary>
    public void Add(WeightTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!tensor.HasData)
        {
            throw new ArgumentException($"Of the tensor '{tensor.Name}' only the shape is known.", nameof(tensor));
        }

        Add(new Item(tensor.Name, tensor.Type, tensor.Shape.ToArray(), tensor.Bytes, tensor, default));
    }

    /// <summary>Adds a tensor from the bytes of its elements, little-endian and row-major.</summary>
    public void Add(string name, ElementType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data)
    {
        ArgumentNullException.ThrowIfNull(name);
        long bytes = type.Size();
        foreach (var size in shape)
        {
            bytes = checked(bytes * size);
        }

        if (bytes != data.Length)
        {
            throw new ArgumentException($"The tensor '{name}' needs {bytes} bytes, but {data.Length} are given.", nameof(data));
        }

        Add(new Item(name, type, shape.ToArray(), bytes, null, data));
    }

    /// <summary>Adds a float32 tensor.</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values) =>
        Add(name, ElementType.F32, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Writes the file beside its place and then moves it there, over an older one.</summary>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static void WriteData(Stream stream, Item item)
    {
        if (item.Tensor is not { } tensor)
        {
            stream.Write(item.Data.Span);
            return;
        }

        for (long start = 0; start < item.Bytes; start += Chunk)
        {
            stream.Write(tensor.Span(start, (int)Math.Min(Chunk, item.Bytes - start)));
        }
    }

    private void Add(Item item)
    {
        if (item.Name == "__metadata__" || !_items.TryAdd(item.Name, item))
        {
            throw new ArgumentException($"The name '{item.Name}' is taken.", nameof(item));
        }
    }

    private void Write(Stream stream)
    {
        // Wide elements first, then by name: so all are aligned.
        Item[] items = [.. _items.Values.OrderByDescending(i => i.Type.Size()).ThenBy(i => i.Name, StringComparer.Ordinal)];
        var header = Header(items);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var item in items)
        {
            WriteData(stream, item);
        }
    }

    private byte[] Header(Item[] items)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, text) in Metadata)
                {
                    json.WriteString(key, text);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var item in items)
            {
                json.WriteStartObject(item.Name);
                json.WriteString("dtype", item.Type.SafetensorsName());
                WriteNumbers(json, "shape", item.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset += item.Bytes]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % HeaderAlignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(key);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private sealed record Item(string Name, ElementType Type, long[] Shape, long Bytes, WeightTensor? Tensor, ReadOnlyMemory<byte> Data);
}
