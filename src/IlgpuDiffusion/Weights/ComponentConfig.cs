using System.Globalization;
using System.Text.Json;

namespace IlgpuDiffusion.Weights;

/// <summary>
/// A component's config.json (or another JSON object of a model folder) with typed getters.
/// A field that is absent or null gives the fallback; a field of another type is an error that names file and field.
/// </summary>
internal sealed class ComponentConfig
{
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);

    private ComponentConfig(string file, JsonElement root)
    {
        File = file;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFileException(file, $"'{file}' is not a JSON object.");
        }

        foreach (var field in root.EnumerateObject())
        {
            _fields[field.Name] = field.Value.Clone();
        }
    }

    /// <summary>The file it was read from.</summary>
    public string File { get; }

    /// <summary>The names of all fields.</summary>
    public IEnumerable<string> Names => _fields.Keys;

    /// <summary>The class that the file is for: <c>_class_name</c>, or the first of <c>architectures</c>; null if it says neither.</summary>
    public string? ClassName => OptionalText("_class_name") ?? (Has("architectures") && Texts("architectures") is [var first, ..] ? first : null);

    /// <summary>Reads a file.</summary>
    public static ComponentConfig Read(string path)
    {
        using var document = JsonFile.Read(path);
        return new ComponentConfig(path, document.RootElement);
    }

    /// <summary>Reads JSON text; <paramref name="name"/> stands for the file in errors.</summary>
    public static ComponentConfig Parse(string json, string name = "config.json")
    {
        using var document = JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(json), name);
        return new ComponentConfig(name, document.RootElement);
    }

    /// <summary>Whether the field is there and not null. Counts as reading it.</summary>
    public bool Has(string name) => Field(name) is not null;

    /// <summary>A whole number that must be there.</summary>
    public int Int(string name) => OptionalInt(name) ?? throw Absent(name);

    /// <summary>A whole number, or the fallback.</summary>
    public int Int(string name, int fallback) => OptionalInt(name) ?? fallback;

    /// <summary>A whole number, or null.</summary>
    public int? OptionalInt(string name) => Field(name) is { } field ? ToInt(name, field) : null;

    /// <summary>A number that must be there.</summary>
    public double Number(string name) => OptionalNumber(name) ?? throw Absent(name);

    /// <summary>A number, or the fallback.</summary>
    public double Number(string name, double fallback) => OptionalNumber(name) ?? fallback;

    /// <summary>A number, possibly infinite or NaN, or null.</summary>
    public double? OptionalNumber(string name) => Field(name) is { } field ? ToNumber(name, field) : null;

    /// <summary>True or false, or the fallback.</summary>
    public bool Flag(string name, bool fallback) => OptionalFlag(name) ?? fallback;

    /// <summary>True or false, or null.</summary>
    public bool? OptionalFlag(string name) => Field(name) is not { } field ? null : field.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(name, "true or false", field),
    };

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => OptionalText(name) ?? throw Absent(name);

    /// <summary>A text, or the fallback.</summary>
    public string Text(string name, string fallback) => OptionalText(name) ?? fallback;

    /// <summary>A text, or null.</summary>
    public string? OptionalText(string name) => Field(name) is { } field ? ToText(name, field) : null;

    /// <summary>Whole numbers; a single one is a list of one.</summary>
    public IReadOnlyList<int> Ints(string name) => [.. Items(name).Select(i => ToInt(name, i))];

    /// <summary>Whole numbers, one for each of <paramref name="count"/> blocks: a list of that length, or one number for all.</summary>
    public IReadOnlyList<int> IntPerBlock(string name, int count, int fallback) => PerBlock(name, count, fallback, i => ToInt(name, i));

    /// <summary>Flags, one for each of <paramref name="count"/> blocks: a list of that length, or one flag for all.</summary>
    public IReadOnlyList<bool> FlagPerBlock(string name, int count, bool fallback) =>
        PerBlock(name, count, fallback, i => i.ValueKind is JsonValueKind.True or JsonValueKind.False ? i.GetBoolean() : throw WrongType(name, "true or false", i));

    /// <summary>Numbers; a single one is a list of one.</summary>
    public IReadOnlyList<double> Numbers(string name) => [.. Items(name).Select(i => ToNumber(name, i))];

    /// <summary>Texts; a single one is a list of one.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. Items(name).Select(i => ToText(name, i))];

    /// <summary>One of the allowed texts, or the fallback; any other is an error that names the field, the value and what is supported.</summary>
    public string OneOf(string name, string fallback, params ReadOnlySpan<string> allowed)
    {
        var text = Text(name, fallback);
        return allowed.Contains(text) ? text : throw Unsupported(name, string.Join(", ", allowed.ToArray().Select(a => $"'{a}'")));
    }

    /// <summary>Throws unless the field is absent, null, false, or written exactly as <paramref name="neutral"/> in JSON.</summary>
    public void RequireNeutral(string name, string? neutral = null)
    {
        if (Field(name) is { } field && field.ValueKind != JsonValueKind.False && !IsWritten(field, neutral))
        {
            throw Unsupported(name, neutral is null ? "null" : $"{neutral} or null");
        }
    }

    /// <summary>The fields of an object inside this one, or of an empty one where it is absent.</summary>
    public ComponentConfig Child(string name)
    {
        using var none = JsonDocument.Parse("{}");
        return Field(name) is { } field ? field.ValueKind == JsonValueKind.Object ? new ComponentConfig(File, field) : throw WrongType(name, "an object", field) : new ComponentConfig(File, none.RootElement);
    }

    /// <summary>The JSON of a field, or null if it is absent or null.</summary>
    public JsonElement? Raw(string name) => Field(name);

    /// <summary>The error for a value that is not supported; <paramref name="supported"/> lists those that are.</summary>
    public ModelFileException Unsupported(string name, string supported) =>
        new(File, $"'{File}': the value {(_fields.TryGetValue(name, out var value) ? value.GetRawText() : "(absent)")} of '{name}' is not supported. Supported: {supported}.");

    private static bool IsWritten(JsonElement field, string? neutral)
    {
        if (neutral is null)
        {
            return false;
        }

        using var document = JsonDocument.Parse(neutral);
        return JsonElement.DeepEquals(field, document.RootElement);
    }

    private JsonElement? Field(string name) => _fields.TryGetValue(name, out var field) && field.ValueKind != JsonValueKind.Null ? field : null;

    private JsonElement[] Items(string name)
    {
        var field = Field(name) ?? throw Absent(name);
        return field.ValueKind == JsonValueKind.Array ? [.. field.EnumerateArray()] : [field];
    }

    private IReadOnlyList<T> PerBlock<T>(string name, int count, T fallback, Func<JsonElement, T> read)
    {
        if (Field(name) is not { } field)
        {
            return [.. Enumerable.Repeat(fallback, count)];
        }

        if (field.ValueKind != JsonValueKind.Array)
        {
            return [.. Enumerable.Repeat(read(field), count)];
        }

        var length = field.GetArrayLength();
        return length == count
            ? [.. field.EnumerateArray().Select(read)]
            : throw new ModelFileException(File, $"'{File}': '{name}' has {length} entries for {count} blocks.");
    }

    private int ToInt(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && (value.TryGetInt32(out var number) || TryWhole(value, out number)) ? number : throw WrongType(name, "a whole number", value);

    private static bool TryWhole(JsonElement value, out int number)
    {
        // Python writes a whole float as 8.0.
        var real = value.GetDouble();
        number = real == Math.Floor(real) && Math.Abs(real) <= int.MaxValue ? (int)real : 0;
        return number == real;
    }

    private double ToNumber(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when value.GetString() is "Infinity" or "-Infinity" or "NaN" => double.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        _ => throw WrongType(name, "a number", value),
    };

    private string ToText(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw WrongType(name, "a text", value);

    private ModelFileException Absent(string name) => new(File, $"'{File}' lacks '{name}'.{NearestName.Suggest(name, _fields.Keys)}");

    private ModelFileException WrongType(string name, string expected, JsonElement value) => new(File, $"'{File}': '{name}' must be {expected}, not {value.GetRawText()}.");
}
