using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>The weights of one component under canonical names, from one file or several shards. It records which tensors were asked for.</summary>
internal sealed class WeightStore : IDisposable
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _owned = [];
    private readonly bool _mapped;
    private BlankWeights? _blank;

    private WeightStore(string source, bool mapped)
    {
        Source = source;
        _mapped = mapped;
    }

    /// <summary>The file or folder that was opened, or a word for where the weights came from.</summary>
    public string Source { get; }

    /// <summary>Which part of its files this is, where they hold others with the same names; else empty.</summary>
    public string Part { get; private init; } = string.Empty;

    /// <summary>The canonical names.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>All tensors. Enumerating them does not count as use.</summary>
    public IEnumerable<WeightTensor> Tensors => _entries.Values.Select(e => e.Tensor);

    /// <summary>The number of tensors.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes of all tensors together.</summary>
    public long Bytes => _entries.Values.Sum(e => e.Tensor.Bytes);

    /// <summary>The tensors that nobody asked for so far, by name.</summary>
    public IReadOnlyList<WeightTensor> Unused => [.. _entries.Values.Where(e => !e.Used).Select(e => e.Tensor).OrderBy(t => t.Name, StringComparer.Ordinal)];

    /// <summary>Opens a safetensors or GGUF file, or a component folder with a file, a variant or shards with an index.</summary>
    public static WeightStore Open(string path, WeightOptions? options = null)
    {
        options ??= new WeightOptions();
        var files = ComponentFiles.Resolve(path, options.Variant);
        var store = new WeightStore(path, mapped: true);
        try
        {
            foreach (var name in files.Files)
            {
                var file = TensorFile.Open(name);
                store._owned.Add(file);
                files.CheckShard(file);
                store.AddAll(file, options.Rename);
            }

            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Tensors of some memory, which the store then owns; tensors without data if there is none.</summary>
    internal static WeightStore Of(string source, IEnumerable<WeightTensor> tensors, IDisposable? memory = null)
    {
        var store = new WeightStore(source, mapped: false);
        if (memory is not null)
        {
            store._owned.Add(memory);
        }

        foreach (var tensor in tensors)
        {
            store.Add(tensor);
        }

        return store;
    }

    /// <summary>A part of a file's tensors; the store then owns the file, and the memory of tensors that are made.</summary>
    internal static WeightStore PartOf(string part, ITensorFile file, IEnumerable<WeightTensor> tensors, MadeTensors made)
    {
        WeightStore store = new(file.Path, mapped: true) { Part = part };
        store._owned.AddRange([made, file]);
        foreach (WeightTensor tensor in tensors)
        {
            store.Add(tensor);
        }

        return store;
    }

    /// <summary>Weights of zeros that come into being as a model asks for them, so that a model runs of which only the form is known.</summary>
    internal static WeightStore Blank(ElementType type)
    {
        var store = new WeightStore("blank weights", mapped: false) { _blank = new BlankWeights(type) };
        store._owned.Add(store._blank);
        return store;
    }

    /// <summary>Whether there is a tensor of this name. Does not count as use.</summary>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>The tensor of this name, which now counts as used; null if there is none.</summary>
    public WeightTensor? Find(string name)
    {
        if (!_entries.TryGetValue(name, out var entry))
        {
            return null;
        }

        entry.Used = true;
        return entry.Tensor;
    }

    /// <summary>The tensor of this name, which now counts as used.</summary>
    public WeightTensor Get(string name) => Find(name) ?? throw Missing(name);

    /// <summary>The tensor of this name, which must have this shape and now counts as used.</summary>
    public WeightTensor Get(string name, params ReadOnlySpan<long> shape)
    {
        var tensor = Get(name);
        return tensor.HasShape(shape) ? tensor : throw Misshapen(tensor, shape);
    }

    /// <summary>The tensor of this name, which now counts as used; blank weights have it in any shape.</summary>
    internal WeightTensor GetOrInvent(string name, ReadOnlySpan<long> shape)
    {
        if (_blank is not null && !_entries.ContainsKey(name))
        {
            Add(_blank.Make(name, shape, Source));
        }

        return Get(name);
    }

    /// <summary>The error for a tensor that is not there, with the nearest name.</summary>
    public ModelFileException Missing(string name) =>
        new(Source, $"'{Source}' holds no tensor '{name}'.{NearestName.Suggest(name, _entries.Keys)} The weights do not fit this model or its config.json.");

    /// <summary>The error for a tensor of another shape than the model needs.</summary>
    public static ModelFileException Misshapen(WeightTensor tensor, ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new(tensor.File, $"'{tensor.File}', tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape.ToArray())}], but the model needs [{string.Join(", ", shape.ToArray())}]. The weights do not fit its config.json.");
    }

    /// <summary>Counts every tensor whose name the predicate accepts as used: known, and not needed.</summary>
    public void Ignore(Func<string, bool> unneeded)
    {
        ArgumentNullException.ThrowIfNull(unneeded);
        foreach (var entry in _entries.Values.Where(e => unneeded(e.Tensor.Name)))
        {
            entry.Used = true;
        }
    }

    /// <summary>Throws, naming them and the nearest used name, if there are tensors that the model did not ask for.</summary>
    public void ThrowIfUnused()
    {
        var unused = Unused;
        if (unused.Count > 0)
        {
            var names = string.Join(", ", unused.Take(5).Select(t => $"'{t.Name}'"));
            var more = unused.Count > 5 ? $" and {unused.Count - 5} more" : string.Empty;
            var nearest = NearestName.Suggest(unused[0].Name, _entries.Values.Where(e => e.Used).Select(e => e.Tensor.Name));
            throw new ModelFileException(Source, $"'{Source}' holds tensors that the model does not use: {names}{more}.{nearest.Replace("name is", "used name is", StringComparison.Ordinal)} The weights do not fit this model or its config.json.");
        }
    }

    /// <summary>Hints that the tensor's file pages may leave memory, as after packing it. It stays readable: a later access loads them again.</summary>
    public unsafe void Release(WeightTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (_mapped && !tensor.IsMade)
        {
            PageAdvice.Release(tensor.Data, tensor.Bytes);
        }
    }

    /// <summary>Says of its files that little is read of them, here and there (<see cref="ITensorFile.ReadSparsely"/>); or that this is over.</summary>
    public void ReadSparsely(bool on)
    {
        foreach (ITensorFile file in _owned.OfType<ITensorFile>())
        {
            file.ReadSparsely(on);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Tensor.Invalidate();
        }

        foreach (var owned in _owned)
        {
            owned.Dispose();
        }

        _owned.Clear();
    }

    private void AddAll(ITensorFile file, Func<string, string?>? rename)
    {
        foreach (var tensor in file.Tensors.Values)
        {
            var name = rename is null ? tensor.Name : rename(tensor.Name);
            if (name is not null)
            {
                Add(name == tensor.Name ? tensor : tensor.Renamed(name));
            }
        }
    }

    private void Add(WeightTensor tensor)
    {
        if (!_entries.TryAdd(tensor.Name, new Entry(tensor)))
        {
            throw new ModelFileException(tensor.File, $"The tensor '{tensor.Name}' occurs twice: in '{_entries[tensor.Name].Tensor.File}' and in '{tensor.File}'.");
        }
    }

    private sealed class Entry(WeightTensor tensor)
    {
        public WeightTensor Tensor { get; } = tensor;

        // Set only ever to true, so builders on several threads may race on it.
        public bool Used { get; set; }
    }
}
