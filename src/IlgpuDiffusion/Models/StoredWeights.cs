using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The weights of a component as executables read them.</summary>
/// <param name="store">The weights; they must stay open as long as executables use them.</param>
/// <param name="threads">How many threads make those at one time that files have in another form.</param>
internal sealed class StoredWeights(WeightStore store, int threads = 1) : IWeightSource
{
    private static int _count;

    private readonly HashSet<string> _checked = [];
    private readonly Dictionary<string, WeightTensor> _beside = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _readers = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Identity { get; } = IdentityOf(store);

    /// <inheritdoc/>
    public unsafe WeightView Read(string name)
    {
        WeightTensor tensor = Find(name);
        if (!tensor.HasData)
        {
            throw new InvalidOperationException($"Of the tensor '{name}' only the shape is known.");
        }

        tensor.Make(threads);
        WeightView view = new((nint)tensor.Data, tensor.Bytes, tensor.Type, tensor.Version);
        if (tensor.IsMade)
        {
            _readers[name] = _readers.GetValueOrDefault(name) + 1;
        }

        return view;
    }

    /// <inheritdoc/>
    /// <exception cref="ModelFileException">The tensor holds a value that is no number.</exception>
    public unsafe void Make(string name, nint target)
    {
        WeightTensor tensor = Find(name);
        tensor.CopyTo(0, tensor.Count, (byte*)target, threads);
        if (!_checked.Contains(name))
        {
            tensor.ThrowIfNotFinite((byte*)target);
            _checked.Add(name);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ModelFileException">The tensor holds a value that is no number.</exception>
    public void Check(string name)
    {
        // A damaged weight is named, rather than seen as a black picture.
        if (!_checked.Contains(name))
        {
            Find(name).ThrowIfNotFinite();
            _checked.Add(name);
        }
    }

    /// <inheritdoc/>
    public void Release(string name)
    {
        WeightTensor tensor = Find(name);
        if (tensor.IsMade)
        {
            // Memory of its own, and not a file's pages, which would come back: as long as anybody reads it, it stays.
            int others = _readers.GetValueOrDefault(name) - 1;
            _readers[name] = Math.Max(others, 0);
            if (others <= 0)
            {
                tensor.Release();
            }
        }
        else if (_beside.ContainsKey(name))
        {
            tensor.Release();
        }
        else
        {
            store.Release(tensor);
        }
    }

    /// <summary>Makes tensors of other files known, from which changed weights are computed; these files must stay open too.</summary>
    public void Know(WeightChanges changes)
    {
        foreach (WeightTensor tensor in changes.Tensors)
        {
            _beside[tensor.Name] = tensor;
        }
    }

    /// <summary>Makes the weights of a network known that stands in the graph beside this one; its files must stay open too.</summary>
    /// <param name="network">Its name.</param>
    /// <param name="weights">Its weights.</param>
    public void Know(string network, WeightStore weights)
    {
        foreach (WeightTensor tensor in weights.Tensors)
        {
            _beside[ModelBuilder.NameBeside(network, tensor.Name)] = tensor;
        }
    }

    private WeightTensor Find(string name) => _beside.TryGetValue(name, out WeightTensor? tensor) ? tensor : store.Get(name);

    /// <summary>What tells a file from others: one that was written anew is another.</summary>
    public static string State(string file)
    {
        FileInfo info = new(file);
        return $"{info.FullName} {info.Length} {info.LastWriteTimeUtc.Ticks}";
    }

    // Files are the same weights wherever they are opened again; weights in memory are their own.
    private static string IdentityOf(WeightStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        string[] files = [.. store.Tensors.Select(t => t.File).Distinct().Order(StringComparer.Ordinal)];
        return files.Length > 0 && files.All(File.Exists) ? string.Join('|', files.Select(State).Append(store.Part)) : $"{store.Source} {Interlocked.Increment(ref _count)}";
    }
}
