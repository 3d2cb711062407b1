using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>A stored tensor: name, type, shape and a borrowed pointer to its row-major data, which its owner (file or store) frees.</summary>
internal sealed unsafe class WeightTensor
{
    private static long _versions;

    private readonly Lock _making = new();
    private readonly long[] _shape;
    private readonly MadeTensors? _maker;
    private readonly TensorFill? _fill;
    private readonly long _start;
    private byte* _data;
    private bool _disposed;

    /// <summary>Describes a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Its sizes, outermost first; empty for a scalar.</param>
    /// <param name="data">Its elements, row-major and not necessarily aligned; null if only the shape is known.</param>
    /// <param name="file">The file that holds it, or a word for where it came from.</param>
    public WeightTensor(string name, ElementType type, ReadOnlySpan<long> shape, byte* data, string file)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(file);
        Name = name;
        Type = type;
        File = file;
        _shape = shape.ToArray();
        _data = data;
        long count = 1;
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            count = checked(count * size);
        }

        Count = count;
        StoredBytes = Bytes = checked(count * type.Size());
        StoredAs = type.SafetensorsName();
    }

    /// <summary>A tensor whose elements are made when they are first read, in memory of its maker's, and again after a <see cref="Release"/>: those from some element on of what is filled.</summary>
    internal WeightTensor(MadeTensors maker, TensorFill fill, long start, string name, ElementType type, ReadOnlySpan<long> shape, string file)
        : this(name, type, shape, null, file) => (_maker, _fill, _start) = (maker, fill, start);

    /// <summary>The name; in a store, the canonical name.</summary>
    public string Name { get; }

    /// <summary>The type of the elements in <see cref="Data"/>.</summary>
    public ElementType Type { get; }

    /// <summary>The file that holds the tensor, or a word for where it came from.</summary>
    public string File { get; }

    /// <summary>What people call the type of the elements in the file.</summary>
    public string StoredAs { get; private init; }

    /// <summary>The size of the data in the file, in bytes.</summary>
    public long StoredBytes { get; private init; }

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The size of the data in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The sizes, outermost first.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Whether there is data, and not the shape alone.</summary>
    public bool HasData => _data != null || (_maker is not null && !_disposed) || (Bytes == 0 && !_disposed);

    /// <summary>Whether the data is a copy in another form, and not the file's own.</summary>
    internal bool IsMade => _maker is not null;

    /// <summary>How many tensors were made before this one was, for tensors that are made: an address that was freed may be another tensor's.</summary>
    internal long Version { get; private set; }

    /// <summary>The first element, or null where only the shape is known. Valid until the owner is disposed; not necessarily aligned.</summary>
    public byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_data == null && _maker is not null)
            {
                Make(threads: 1);
            }

            return _data;
        }
    }

    /// <summary>Whether the shape is exactly this one.</summary>
    public bool HasShape(params ReadOnlySpan<long> shape) => Shape.SequenceEqual(shape);

    /// <summary>The elements as float32.</summary>
    public float[] ToSingles()
    {
        var data = NeedData();
        var values = new float[Count];
        fixed (float* destination = values)
        {
            TensorConvert.ToSingle(Type, data, destination, Count);
        }

        return values;
    }

    /// <summary>Makes the data of a tensor that is made, if they are not there, by so many threads.</summary>
    public void Make(int threads)
    {
        if (_maker is null)
        {
            return;
        }

        lock (_making)
        {
            if (_data == null)
            {
                byte* made = _maker.Allocate(Bytes);
                MadeTensors.Fill(_fill!, _start, Count, Type.Size(), made, threads);
                _data = made;
                Version = Interlocked.Increment(ref _versions);
            }
        }
    }

    /// <summary>Copies elements [start, start + count) in their type, without making the others.</summary>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="destination">Where the first is written.</param>
    /// <param name="threads">The threads, at most, of a tensor that is made.</param>
    public void CopyTo(long start, long count, byte* destination, int threads = 1)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_data == null && _fill is not null)
        {
            MadeTensors.Fill(_fill, _start + start, count, Type.Size(), destination, threads);
        }
        else if (count > 0)
        {
            long bytes = count * Type.Size();
            Buffer.MemoryCopy(NeedData() + (start * Type.Size()), destination, bytes, bytes);
        }
    }

    /// <summary>Throws, naming tensor, file and position, if an element is NaN or infinite.</summary>
    public void ThrowIfNotFinite() => ThrowIfNotFinite(NeedData());

    /// <summary>The same of elements that were written elsewhere.</summary>
    internal void ThrowIfNotFinite(byte* data)
    {
        var at = NonFinite.Find(Type, data, Count);
        if (at >= 0)
        {
            float value;
            TensorConvert.ToSingle(Type, data + (at * Type.Size()), &value, 1);
            throw new ModelFileException(File, $"'{File}', tensor '{Name}' holds {(float.IsNaN(value) ? "NaN" : "an infinite value")} at [{string.Join(", ", Position(at))}]: the weights are damaged; fetch the file again, or use another variant of it.");
        }
    }

    /// <summary>Type and shape, as <c>F16[320, 4, 3, 3]</c>.</summary>
    public override string ToString() => $"{Name}: {StoredAs}[{string.Join(", ", _shape)}]";

    /// <summary>Gives back memory that was made for it, or hints that its file's pages may leave: nobody reads it now.</summary>
    internal void Release()
    {
        if (_data == null)
        {
            return;
        }

        if (_maker is not null)
        {
            _maker.Free(_data);
            _data = null;
        }
        else
        {
            PageAdvice.Release(_data, Bytes);
        }
    }

    internal void Invalidate()
    {
        _data = null;
        _disposed = true;
    }

    internal WeightTensor Renamed(string name) => _maker is { } maker
        ? new(maker, _fill!, _start, name, Type, _shape, File) { StoredAs = StoredAs, StoredBytes = StoredBytes }
        : new(name, Type, _shape, _data, File);

    /// <summary>The same, which its file has in another form.</summary>
    internal WeightTensor As(string storage, long bytes) => new(_maker!, _fill!, _start, Name, Type, _shape, File) { StoredAs = storage, StoredBytes = bytes };

    /// <summary>Some of the outermost rows, under another name.</summary>
    internal WeightTensor Rows(string name, long start, long count)
    {
        long elements = _shape[0] == 0 ? 0 : Count / _shape[0];
        long[] shape = [count, .. _shape.AsSpan(1)];
        return _maker is { } maker ? new(maker, _fill!, _start + (start * elements), name, Type, shape, File) { StoredAs = StoredAs, StoredBytes = _shape[0] == 0 ? 0 : StoredBytes / _shape[0] * count }
            : new(name, Type, shape, _data == null ? null : _data + (start * elements * Type.Size()), File);
    }

    internal ReadOnlySpan<byte> Span(long start, int bytes) => MemoryMarshal.CreateReadOnlySpan(ref *(NeedData() + start), bytes);

    private byte* NeedData()
    {
        var data = Data;
        return data != null || Bytes == 0 ? data : throw new InvalidOperationException($"Of the tensor '{Name}' only the shape is known.");
    }

    private long[] Position(long index)
    {
        var position = new long[_shape.Length];
        for (var axis = _shape.Length - 1; axis >= 0; axis--)
        {
            (index, position[axis]) = Math.DivRem(index, _shape[axis]);
        }

        return position;
    }
}
