using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Beginnings of original names and what they become in diffusers, and within some modules the names of their layers.</summary>
/// <param name="Modules">Modules: original and canonical path, each with a dot at its end.</param>
/// <param name="Layers">For the canonical names of kinds of modules (<c>.resnets.</c>) the original and canonical names of their layers.</param>
internal sealed record KeyTable(IReadOnlyList<KeyPair> Modules, IReadOnlyList<(string Kind, IReadOnlyList<KeyPair> Layers)> Layers)
{
    /// <summary>Modules that are several in diffusers.</summary>
    public IReadOnlyList<StackedKeys> Stacked { get; init; } = [];

    /// <summary>Original paths of modules whose two halves of rows stand the other way round in diffusers.</summary>
    public IReadOnlyList<string> Swapped { get; init; } = [];

    /// <summary>The canonical name of an original one; the name itself where the table lacks it.</summary>
    public string Canonical(string name) => Map(name, pair => pair.Original, pair => pair.Canonical, pair => pair.Canonical) ?? name;

    /// <summary>The original name of a canonical one, or null where the table lacks it.</summary>
    public string? Original(string name) => Map(name, pair => pair.Canonical, pair => pair.Original, pair => pair.Canonical);

    /// <summary>An original tensor as diffusers has it: one, or several.</summary>
    public IEnumerable<WeightTensor> Canonical(WeightTensor tensor, MadeTensors made)
    {
        if (Stacked.FirstOrDefault(stack => tensor.Name.StartsWith(stack.Original, StringComparison.Ordinal)) is { } stack
            && tensor.Shape.Length > 0 && stack.Rows(tensor.Shape[0]) is { } rows)
        {
            string kind = tensor.Name[stack.Original.Length..];
            return rows.Select(part => tensor.Rows(part.Canonical + kind, part.Start, part.Count));
        }

        string name = Canonical(tensor.Name);
        bool swapped = tensor.Shape.Length > 0 && tensor.Shape[0] % 2 == 0 && IsSwapped(tensor.Name);
        return [swapped ? made.SwappedHalves(name, tensor) : tensor.Renamed(name)];
    }

    /// <summary>Whether the two halves of an original tensor's rows stand the other way round in diffusers.</summary>
    public bool IsSwapped(string name) => Swapped.Any(module => name.StartsWith(module, StringComparison.Ordinal));

    private string? Map(string name, Func<KeyPair, string> from, Func<KeyPair, string> to, Func<KeyPair, string> kindOf)
    {
        foreach (KeyPair module in Modules)
        {
            if (!name.StartsWith(from(module), StringComparison.Ordinal))
            {
                continue;
            }

            string rest = name[from(module).Length..];
            IReadOnlyList<KeyPair> layers = Layers.FirstOrDefault(kind => kindOf(module).Contains(kind.Kind, StringComparison.Ordinal)).Layers ?? [];
            KeyPair? layer = layers.FirstOrDefault(pair => rest.StartsWith(from(pair), StringComparison.Ordinal));
            return to(module) + (layer is null ? rest : to(layer) + rest[from(layer).Length..]);
        }

        return null;
    }
}

/// <summary>A name in an original layout and in diffusers.</summary>
internal sealed record KeyPair(string Original, string Canonical);

/// <summary>A module whose rows are those of several modules of diffusers, one after the other.</summary>
/// <param name="Original">Its original path, to where the tensors' own names begin.</param>
/// <param name="Canonical">Those of diffusers.</param>
/// <param name="Each">Rows of each but the last, which has the rest; 0 where all have as many.</param>
internal sealed record StackedKeys(string Original, IReadOnlyList<string> Canonical, long Each = 0)
{
    /// <summary>Which rows each has of so many; null where they are no stack of these.</summary>
    public IReadOnlyList<(string Canonical, long Start, long Count)>? Rows(long all)
    {
        int parts = Canonical.Count;
        long each = Each > 0 ? Each : all / parts, last = all - (each * (parts - 1));
        return last <= 0 || (Each == 0 && last != each) ? null : [.. Canonical.Select((name, i) => (name, i * each, i == parts - 1 ? last : each))];
    }
}
