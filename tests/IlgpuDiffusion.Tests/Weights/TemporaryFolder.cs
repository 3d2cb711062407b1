using System.Buffers.Binary;
using System.Text;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Weights;

/// <summary>A folder that is deleted with its files at the end of a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("ilgpu-diffusion-").FullName;
    }

    public string Path { get; }

    public string this[string relative]
    {
        get
        {
            var path = System.IO.Path.Combine(Path, relative);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            return path;
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Writes a file of float32 vectors of two elements: the index of the name, and 0.5.</summary>
    public string Tensors(string relative, params ReadOnlySpan<string> names)
    {
        var writer = new SafetensorsWriter();
        for (var i = 0; i < names.Length; i++)
        {
            writer.Add(names[i], [2], [i, 0.5f]);
        }

        writer.Save(this[relative]);
        return this[relative];
    }

    public string Text(string relative, string text)
    {
        File.WriteAllText(this[relative], text);
        return this[relative];
    }

    /// <summary>Writes a safetensors file from the text of its header and zeros as data.</summary>
    public string Raw(string header, long dataBytes, string relative = "raw.safetensors")
    {
        var json = Encoding.UTF8.GetBytes(header);
        using var stream = File.Create(this[relative]);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        stream.Write(length);
        stream.Write(json);
        stream.SetLength(8 + json.Length + dataBytes);
        return this[relative];
    }
}
