using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace IlgpuDiffusion.Weights;

/// <summary>
/// A memory-mapped safetensors file of any size. Opening reads and checks the header alone; the data comes in by page as it is touched.
/// Format: an 8-byte little-endian header length, a JSON header, the data.
/// </summary>
internal sealed unsafe class SafetensorsFile : ITensorFile
{
    private const int LengthBytes = 8;

    private readonly Dictionary<string, WeightTensor> _tensors = new(StringComparer.Ordinal);
    private MemoryMappedFile? _map;
    private MemoryMappedViewAccessor? _view;
    private byte* _data;
    private long _bytes;

    private SafetensorsFile(string path, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Metadata = metadata;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public string Format => "safetensors";

    /// <summary>The texts under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, WeightTensor> Tensors => _tensors;

    /// <summary>The tensor of this name.</summary>
    public WeightTensor this[string name] => _tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new SafetensorsException(Path, $"it does not hold this tensor.{NearestName.Suggest(name, _tensors.Keys)}", name);

    /// <summary>Opens a file and checks its header.</summary>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SafetensorsException(path, $"it cannot be opened ({e.Message})", inner: e);
        }

        // The map takes the stream over; until then it is closed here.
        try
        {
            var length = stream.Length;
            var header = ReadHeader(stream, length, path, out var dataStart);
            var file = new SafetensorsFile(path, header.Metadata);
            file.Map(stream, header, dataStart, length);
            return file;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void ReadSparsely(bool on)
    {
        ObjectDisposedException.ThrowIf(_view is null, this);
        PageAdvice.Sparse(_data, _bytes, on);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view is not null)
        {
            foreach (var tensor in _tensors.Values)
            {
                tensor.Invalidate();
            }

            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map!.Dispose();
            _view = null;
            _map = null;
        }
    }

    private static SafetensorsHeader ReadHeader(FileStream stream, long length, string path, out long dataStart)
    {
        Span<byte> start = stackalloc byte[LengthBytes + 1];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (ForeignFormats.Reason(start) is { } reason)
        {
            throw new SafetensorsException(path, reason);
        }

        if (start.Length < LengthBytes)
        {
            throw new SafetensorsException(path, $"{length} bytes are too few for a safetensors file. The file is truncated; fetch it again.");
        }

        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (headerBytes > (ulong)(length - LengthBytes))
        {
            throw new SafetensorsException(path, $"its header would have {headerBytes} bytes, but the file has only {length}. It is truncated, or not a safetensors file; fetch it again.");
        }

        if (headerBytes > SafetensorsHeader.MaxBytes)
        {
            throw new SafetensorsException(path, $"its header would have {headerBytes} bytes; the format allows {SafetensorsHeader.MaxBytes}. It is damaged, or not a safetensors file; fetch it again.");
        }

        var json = new byte[(int)headerBytes];
        stream.Position = LengthBytes;
        if (stream.ReadAtLeast(json, json.Length, throwOnEndOfStream: false) < json.Length)
        {
            throw new SafetensorsException(path, "it ended while its header was read. Fetch it again.");
        }

        dataStart = LengthBytes + (long)headerBytes;
        return SafetensorsHeader.Parse(json, length - dataStart, path);
    }

    private void Map(FileStream stream, SafetensorsHeader header, long dataStart, long length)
    {
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _map.Dispose();
            throw;
        }

        byte* first = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
        first += _view.PointerOffset + dataStart;
        _data = first;
        _bytes = length - dataStart;
        foreach (var entry in header.Entries)
        {
            _tensors.Add(entry.Name, new WeightTensor(entry.Name, entry.Type, entry.Shape, first + entry.Begin, Path));
        }
    }
}
