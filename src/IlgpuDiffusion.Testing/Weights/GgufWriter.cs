using System.Text;

namespace IlgpuDiffusion.Testing;

/// <summary>Writes GGUF files as ggml's docs/gguf.md describes them.</summary>
internal sealed class GgufWriter
{
    private readonly List<byte[]> _values = [];
    private readonly List<(string Name, uint Type, long[] Shape, byte[] Data)> _tensors = [];

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    public GgufWriter Text(string key, string value) => Value(key, 8, Text(value));

    public GgufWriter Number(string key, uint value) => Value(key, 4, BitConverter.GetBytes(value));

    public GgufWriter Ints(string key, params ReadOnlySpan<long> values) =>
        Value(key, 9, [.. BitConverter.GetBytes(5u), .. BitConverter.GetBytes((ulong)values.Length), .. values.ToArray().SelectMany(value => BitConverter.GetBytes((int)value))]);

    public GgufWriter Texts(string key, params ReadOnlySpan<string> values) =>
        Value(key, 9, [.. BitConverter.GetBytes(8u), .. BitConverter.GetBytes((ulong)values.Length), .. values.ToArray().SelectMany(Text)]);

    /// <summary>Adds a tensor; the shape outermost first.</summary>
    public void Add(string name, uint type, long[] shape, byte[] data) => _tensors.Add((name, type, shape, data));

    public byte[] ToBytes()
    {
        List<byte> header = [.. "GGUF"u8, .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes((ulong)_tensors.Count), .. BitConverter.GetBytes((ulong)_values.Count), .. _values.SelectMany(value => value)];
        List<byte> data = [];
        foreach ((string name, uint type, long[] shape, byte[] bytes) in _tensors)
        {
            header.AddRange([.. Text(name), .. BitConverter.GetBytes((uint)shape.Length), .. shape.Reverse().SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(type), .. BitConverter.GetBytes((ulong)data.Count)]);
            data.AddRange(bytes);
            Fill(data);
        }

        Fill(header);
        return [.. header, .. data];
    }

    public string Save(string path)
    {
        File.WriteAllBytes(path, ToBytes());
        return path;
    }

    private static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private GgufWriter Value(string key, uint type, byte[] value)
    {
        _values.Add([.. Text(key), .. BitConverter.GetBytes(type), .. value]);
        return this;
    }

    private void Fill(List<byte> bytes) => bytes.AddRange(new byte[(Alignment - (bytes.Count % Alignment)) % Alignment]);
}
