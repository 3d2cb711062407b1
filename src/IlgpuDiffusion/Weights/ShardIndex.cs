using System.Text.Json;

namespace IlgpuDiffusion.Weights;

/// <summary>An index of shards: <c>weight_map</c> says which file holds which tensor.</summary>
internal sealed class ShardIndex
{
    private readonly string _path;
    private readonly Dictionary<string, List<string>> _tensorsByFile = new(StringComparer.Ordinal);

    private ShardIndex(string path)
    {
        _path = path;
    }

    /// <summary>Full paths of the shards, in order of their names.</summary>
    public IReadOnlyList<string> Files => [.. _tensorsByFile.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads an index, whose shards must all be there.</summary>
    public static ShardIndex Read(string path)
    {
        using var document = JsonFile.Read(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out var map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFileException(path, $"'{path}' has no 'weight_map' object, so it is not an index of shards.");
        }

        var index = new ShardIndex(path);
        foreach (var pair in map.EnumerateObject())
        {
            index.Add(pair);
        }

        foreach (var file in index._tensorsByFile.Keys.Where(f => !File.Exists(f)))
        {
            throw new ModelFileException(file, $"The shard '{file}' is missing; '{path}' lists it. Fetch it too.");
        }

        return index;
    }

    /// <summary>Throws if the shard lacks a tensor that the index puts there.</summary>
    public void Check(ITensorFile shard)
    {
        foreach (var name in _tensorsByFile[shard.Path])
        {
            if (!shard.Tensors.ContainsKey(name))
            {
                throw new ModelFileException(shard.Path, $"The shard '{shard.Path}' does not hold the tensor '{name}', which '{_path}' puts there.{NearestName.Suggest(name, shard.Tensors.Keys)}");
            }
        }
    }

    private void Add(JsonProperty pair)
    {
        var name = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : string.Empty;
        if (name.Length == 0 || name != Path.GetFileName(name) || name.Contains('\\', StringComparison.Ordinal) || name is "." or "..")
        {
            throw new ModelFileException(_path, $"'{_path}': the file of the tensor '{pair.Name}' is not the plain name of a file beside the index.");
        }

        var file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, name);
        if (!_tensorsByFile.TryGetValue(file, out var tensors))
        {
            _tensorsByFile.Add(file, tensors = []);
        }

        tensors.Add(pair.Name);
    }
}
