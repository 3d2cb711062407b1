using System.IO.MemoryMappedFiles;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>
/// A memory-mapped GGUF file of any size. Opening checks the header alone. Numbers that are stored one by one are read where they are; tensors of blocks become F16 when they are read, a
/// block at a time, and are given back when they were packed or copied to a device.
/// </summary>
internal sealed unsafe class GgufFile : ITensorFile
{
    private readonly Dictionary<string, WeightTensor> _tensors = new(StringComparer.Ordinal);
    private readonly MadeTensors _made = new();
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _first;
    private readonly long _length;
    private bool _closed;

    private GgufFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, long length)
    {
        (Path, _map, _view, _length) = (path, map, view, length);
        byte* first = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
        try
        {
            _first = first += view.PointerOffset;
            GgufHeader header = GgufHeader.Parse(first, length, path);
            Metadata = header.Metadata;
            foreach (GgufEntry entry in header.Entries)
            {
                _tensors.Add(entry.Name, Tensor(entry, first + entry.Begin));
            }
        }
        catch
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public string Format => "GGUF";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, WeightTensor> Tensors => _tensors;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="ModelFileException">It cannot be opened, is damaged, or has a version or a type that is not read.</exception>
    public static GgufFile Open(string path)
    {
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            long length = new FileInfo(path).Length;
            map = MemoryMappedFile.CreateFromFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            return new GgufFile(path, map, view, length);
        }
        catch (Exception e)
        {
            view?.Dispose();
            map?.Dispose();
            throw e is IOException or UnauthorizedAccessException ? new ModelFileException(path, $"'{path}': it cannot be opened ({e.Message})", e) : e;
        }
    }

    /// <inheritdoc/>
    public void ReadSparsely(bool on)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        PageAdvice.Sparse(_first, _length, on);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        foreach (WeightTensor tensor in _tensors.Values)
        {
            tensor.Invalidate();
        }

        _made.Dispose();
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private WeightTensor Tensor(GgufEntry entry, byte* data) => entry.Type.Plain is { } plain
        ? new WeightTensor(entry.Name, plain, entry.Shape, data, Path)
        : _made.Make(entry.Name, ElementType.F16, entry.Shape, Path, (start, count, to) =>
        {
            Decode(entry.Type, data, start, count, (ushort*)to);

            // From now on it is read where it was made.
            long first = start / entry.Type.Elements, end = (start + count + entry.Type.Elements - 1) / entry.Type.Elements;
            PageAdvice.Release(data + (first * entry.Type.Bytes), (end - first) * entry.Type.Bytes);
        }).As(entry.Type.Name, entry.Bytes);

    private static void Decode(GgufType type, byte* data, long start, long count, ushort* to)
    {
        float* values = stackalloc float[type.Elements];
        for (long block = start / type.Elements; block * type.Elements < start + count; block++)
        {
            long at = block * type.Elements, from = Math.Max(start, at);
            type.Decode!(data + (block * type.Bytes), values);
            HalfConvert.FromSingle(values + (from - at), to + (from - start), Math.Min(start + count, at + type.Elements) - from);
        }
    }
}
