using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// How techniques are read and written as JSON: those that come with the library by generated code, which a program that is trimmed or compiled ahead keeps; others by reflection, where
/// the program has it.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Cache))]
[JsonSerializable(typeof(DeepCache))]
[JsonSerializable(typeof(DeepShrink))]
[JsonSerializable(typeof(DiTCache))]
[JsonSerializable(typeof(Guidance))]
[JsonSerializable(typeof(HyperTile))]
[JsonSerializable(typeof(LocalGlobal))]
[JsonSerializable(typeof(TGate))]
[JsonSerializable(typeof(ToDo))]
[JsonSerializable(typeof(ToMe))]
internal sealed partial class PolicyContracts : JsonSerializerContext
{
    // Generated code gives every member a value, that of its type where the JSON says nothing; members here have values of their own.
    private static readonly FrozenDictionary<Type, Func<object>> New = new Dictionary<Type, Func<object>>
    {
        [typeof(Cache)] = () => new Cache { Where = new WholePrediction() },
        [typeof(DeepCache)] = () => new DeepCache(),
        [typeof(DeepShrink)] = () => new DeepShrink(),
        [typeof(DiTCache)] = () => new DiTCache(),
        [typeof(Guidance)] = () => new Guidance(),
        [typeof(HyperTile)] = () => new HyperTile(),
        [typeof(LocalGlobal)] = () => new LocalGlobal(),
        [typeof(TGate)] = () => new TGate(),
        [typeof(ToDo)] = () => new ToDo(),
        [typeof(ToMe)] = () => new ToMe(),
        [typeof(Cadence)] = () => new Cadence(),
        [typeof(Uneven)] = () => new Uneven(),
        [typeof(Listed)] = () => new Listed(),
        [typeof(Reuse)] = () => new Reuse(),
        [typeof(Taylor)] = () => new Taylor(),
        [typeof(Chebyshev)] = () => new Chebyshev(),
        [typeof(DeepFeatures)] = () => new DeepFeatures(),
        [typeof(AttentionOutput)] = () => new AttentionOutput(),
        [typeof(BlockRange)] = () => new BlockRange(),
        [typeof(WholePrediction)] = () => new WholePrediction(),
    }.ToFrozenDictionary();

    /// <summary>All contracts.</summary>
    /// <param name="converters">Takes the converters of enumerations.</param>
    public static IJsonTypeInfoResolver All(IList<JsonConverter> converters)
    {
        converters.Add(new JsonStringEnumConverter<BranchReduction>(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        converters.Add(new JsonStringEnumConverter<GridMethod>(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        converters.Add(new JsonStringEnumConverter<GuidanceAfter>(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        converters.Add(new JsonStringEnumConverter<SiteKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        IJsonTypeInfoResolver own = Default.WithAddedModifier(KeepSettings).WithAddedModifier(KeepDefaults);
        return JsonSerializer.IsReflectionEnabledByDefault ? JsonTypeInfoResolver.Combine(own, Reflecting(converters)) : own;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where the program has serialization by reflection, which trimming turns off.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where the program has serialization by reflection, which compiling ahead turns off.")]
    private static IJsonTypeInfoResolver Reflecting(IList<JsonConverter> converters)
    {
        converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        return new DefaultJsonTypeInfoResolver().WithAddedModifier(KeepSettings);
    }

    // What is only computed, such as a technique's phase, is no setting.
    private static void KeepSettings(JsonTypeInfo type)
    {
        for (int i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i].Set is null)
            {
                type.Properties.RemoveAt(i);
            }
        }
    }

    private static void KeepDefaults(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || !New.TryGetValue(type.Type, out Func<object>? make))
        {
            return;
        }

        type.CreateObject = make;
        foreach (JsonPropertyInfo property in type.Properties)
        {
            property.Set = ((PropertyInfo)property.AttributeProvider!).SetValue;
        }
    }
}
