using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A weight that a module of a LoRA changes.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Start">From which row of "up" on the rows are this weight's.</param>
/// <param name="Swapped">Whether the module has the weight's two halves of rows the other way round.</param>
internal sealed record LoraTarget(WeightTensor Weight, long Start = 0, bool Swapped = false);

/// <summary>The weights of a network's modules, by every name that LoRAs give them: diffusers' and those of the original code, whose stacked modules are several weights.</summary>
internal sealed class LoraTargets
{
    private const string Weight = ".weight";
    private const string TextModel = "text_model.";

    private readonly Dictionary<string, IReadOnlyList<LoraTarget>> _modules = new(StringComparer.Ordinal);

    /// <param name="network">The network's weights.</param>
    /// <param name="originals">Gives the table of its original names; null where it has none.</param>
    public LoraTargets(WeightStore network, Func<IReadOnlyList<WeightTensor>, KeyTable>? originals)
    {
        WeightTensor[] tensors = [.. network.Tensors];
        Dictionary<string, WeightTensor> weights = tensors.Where(tensor => tensor.Name.EndsWith(Weight, StringComparison.Ordinal) && tensor.Shape.Length >= 2).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        KeyTable? table = originals?.Invoke(tensors);
        foreach ((string name, WeightTensor weight) in weights)
        {
            Add(name, new LoraTarget(weight));
            Add(name.StartsWith(TextModel, StringComparison.Ordinal) ? name[TextModel.Length..] : TextModel + name, new LoraTarget(weight));
            if (table?.Original(name) is { } original)
            {
                Add(original, new LoraTarget(weight, Swapped: table.IsSwapped(original)));
            }
        }

        foreach (StackedKeys stack in table?.Stacked ?? [])
        {
            WeightTensor?[] parts = [.. stack.Canonical.Select(part => weights.GetValueOrDefault(part + Weight[1..]))];
            if (!parts.Contains(null))
            {
                long start = 0;
                Add(stack.Original + Weight[1..], [.. parts.Select(part => new LoraTarget(part!, (start += part!.Shape[0]) - part.Shape[0]))]);
            }
        }
    }

    /// <summary>The names of all modules, with underscores for dots.</summary>
    public IEnumerable<string> Names => _modules.Keys;

    /// <summary>The weights of a module, or null where the network does not have it.</summary>
    /// <param name="module">Its name, with underscores for dots.</param>
    public IReadOnlyList<LoraTarget>? Find(string module) => _modules.GetValueOrDefault(module);

    private void Add(string name, params IReadOnlyList<LoraTarget> targets) => _modules.TryAdd(LoraNames.Flat(name[..^Weight.Length]), targets);
}
