using System.Collections.Frozen;

namespace IlgpuDiffusion.Acceleration;

/// <summary>The techniques that a policy's JSON may name.</summary>
public sealed class TechniqueCatalogue
{
    private readonly FrozenDictionary<string, Type> _types;

    private TechniqueCatalogue(IEnumerable<Type> types) => _types = types.ToFrozenDictionary(NameOf, StringComparer.Ordinal);

    /// <summary>Those that come with the library.</summary>
    public static TechniqueCatalogue Default { get; } = new([typeof(Cache), typeof(DeepCache), typeof(DeepShrink), typeof(DiTCache), typeof(Guidance), typeof(HyperTile), typeof(LocalGlobal), typeof(TGate), typeof(ToDo), typeof(ToMe)]);

    /// <summary>The names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _types.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The catalogue with another technique.</summary>
    public TechniqueCatalogue With<T>()
        where T : ITechnique => new([.. _types.Values.Where(type => NameOf(type) != NameOf(typeof(T))), typeof(T)]);

    /// <summary>The name of a technique: its type's, in lower case.</summary>
    public static string NameOf(ITechnique technique)
    {
        ArgumentNullException.ThrowIfNull(technique);
        return NameOf(technique.GetType());
    }

    /// <summary>The technique of a name, or null.</summary>
    internal Type? Find(string name) => _types.GetValueOrDefault(name);

    private static string NameOf(Type type) => type.Name.ToLowerInvariant();
}
