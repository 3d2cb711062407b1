namespace IlgpuDiffusion.Families;

/// <summary>Beginnings of original names and what they become in diffusers, and within some modules the names of their layers.</summary>
/// <param name="Modules">Modules: original and canonical path, each with a dot at its end.</param>
/// <param name="Layers">For the canonical names of kinds of modules (<c>.resnets.</c>) the original and canonical names of their layers.</param>
internal sealed record KeyTable(IReadOnlyList<KeyPair> Modules, IReadOnlyList<(string Kind, IReadOnlyList<KeyPair> Layers)> Layers)
{
    /// <summary>The canonical name of an original one; the name itself where the table lacks it.</summary>
    public string Canonical(string name) => Map(name, pair => pair.Original, pair => pair.Canonical, pair => pair.Canonical) ?? name;

    /// <summary>The original name of a canonical one, or null where the table lacks it.</summary>
    public string? Original(string name) => Map(name, pair => pair.Canonical, pair => pair.Original, pair => pair.Canonical);

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
