using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Holds a technique's JSON against its form, member by member. The serializer says that something does not fit, but not what was meant.</summary>
internal static class PolicyMembers
{
    // Of a value that is shown.
    private const int MostShown = 60;

    /// <exception cref="PolicyException">A member is unknown, lacking, or of the wrong kind; the message names it and what it must be.</exception>
    public static void Check(JsonElement element, JsonTypeInfo type, string path)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                CheckObject(element, type, path);
                break;
            case JsonTypeInfoKind.Enumerable:
                PolicyException.Require(element.ValueKind == JsonValueKind.Array, $"The policy's '{path}' must be an array in brackets; it is {Shown(element)}.");
                int i = 0;
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Check(item, type.Options.GetTypeInfo(type.ElementType!), $"{path}[{i++}]");
                }

                break;
            default:
                CheckValue(element, type.Type, path);
                break;
        }
    }

    /// <summary>The names of an enumeration's values, as JSON has them.</summary>
    public static string[] NamesOf(Type type) => [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <summary>A value of an enumeration, as JSON has it.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>A member that is not known, with the nearest that is.</summary>
    public static PolicyException Unknown(string path, string name, string[] known) =>
        new($"The policy has an unknown member '{path}{name}'.{NearestName.Suggest(name, known)} Known: {string.Join(", ", known)}.");

    private static void CheckObject(JsonElement element, JsonTypeInfo type, string path)
    {
        PolicyException.Require(element.ValueKind == JsonValueKind.Object, $"The policy's '{path}' must be an object of settings in braces; it is {Shown(element)}.");
        string? discriminator = type.PolymorphismOptions?.TypeDiscriminatorPropertyName;
        type = discriminator is null ? type : Derived(element, type, discriminator, path);
        foreach (JsonProperty member in element.EnumerateObject().Where(member => member.Name != discriminator))
        {
            JsonPropertyInfo known = type.Properties.FirstOrDefault(property => property.Name == member.Name)
                ?? throw Unknown(path + ".", member.Name, [.. type.Properties.Select(property => property.Name)]);
            Check(member.Value, type.Options.GetTypeInfo(known.PropertyType), $"{path}.{member.Name}");
        }

        string[] lacking = [.. type.Properties.Where(property => property.IsRequired && !element.TryGetProperty(property.Name, out _)).Select(property => $"'{property.Name}'")];
        PolicyException.Require(lacking.Length == 0, $"The policy's '{path}' lacks {string.Join(" and ", lacking)}, which it needs.");
    }

    private static JsonTypeInfo Derived(JsonElement element, JsonTypeInfo type, string discriminator, string path)
    {
        IList<JsonDerivedType> kinds = type.PolymorphismOptions!.DerivedTypes;
        string[] names = [.. kinds.Select(kind => (string)kind.TypeDiscriminator!)];
        string? name = element.TryGetProperty(discriminator, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        PolicyException.Require(name is not null, $"The policy's '{path}' must say its '{discriminator}': one of {string.Join(", ", names)}.");
        int at = Array.IndexOf(names, name);
        PolicyException.Require(at >= 0, $"The policy's '{path}.{discriminator}' is '{name}', but must be one of {string.Join(", ", names)}.{NearestName.Suggest(name!, names)}");
        return type.Options.GetTypeInfo(kinds[at].DerivedType);
    }

    // What a technique of one's own has beside these is left to the serializer.
    private static void CheckValue(JsonElement element, Type type, string path)
    {
        string[] names = type.IsEnum ? NamesOf(type) : [];
        (bool fits, string expected) =
            type.IsEnum ? (element.ValueKind == JsonValueKind.String && names.Contains(element.GetString(), StringComparer.OrdinalIgnoreCase), $"one of {string.Join(", ", names)}")
            : type == typeof(int) ? (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out _), "a whole number")
            : type == typeof(double) ? (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && double.IsFinite(number), "a number")
            : type == typeof(bool) ? (element.ValueKind is JsonValueKind.True or JsonValueKind.False, "true or false")
            : (true, "");
        string nearest = type.IsEnum && element.ValueKind == JsonValueKind.String ? NearestName.Suggest(element.GetString()!, names) : "";
        PolicyException.Require(fits, $"The policy's '{path}' must be {expected}; it is {Shown(element)}.{nearest}");
    }

    private static string Shown(JsonElement element) => element.GetRawText() is { Length: > MostShown } text ? $"{text[..MostShown]}…" : element.GetRawText();
}
