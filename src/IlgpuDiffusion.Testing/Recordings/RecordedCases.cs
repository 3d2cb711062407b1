using System.Text.Json;

namespace IlgpuDiffusion.Testing;

/// <summary>A case of acceleration/index.json.</summary>
internal sealed record RecordedCase(string Method, string Name, JsonElement Json)
{
    /// <summary>The settings that it was recorded with.</summary>
    public JsonElement Params => Json.GetProperty("params");

    /// <summary>The largest difference that is allowed, absolute.</summary>
    public double Tolerance => Json.GetProperty("tolerance").GetDouble();

    /// <summary>Its tensors.</summary>
    public GoldenTensors Tensors => GoldenTensors.Find($"acceleration/{File}");

    private string File => Json.GetProperty("file").GetString()!;

    /// <summary>A setting that is a whole number.</summary>
    public int Int(string name) => Params.GetProperty(name).GetInt32();

    /// <summary>The cases of a method whose files are under the golden root, by the beginnings of their names.</summary>
    public static IReadOnlyList<RecordedCase> Of(string method, string prefix)
    {
        using JsonDocument index = JsonDocument.Parse(System.IO.File.ReadAllText(Golden.Find("acceleration/index.json")));
        RecordedCase[] cases =
        [
            .. from item in index.RootElement.GetProperty("cases").EnumerateArray()
               where item.GetProperty("method").GetString() == method && item.GetProperty("name").GetString()!.StartsWith(prefix, StringComparison.Ordinal)
               let recorded = new RecordedCase(method, item.GetProperty("name").GetString()!, item.Clone())
               where System.IO.File.Exists(Path.Combine(Golden.Root, "acceleration", recorded.File))
               select recorded,
        ];
        Assert.IsNotEmpty(cases, $"No recording of {method} {prefix}* under {Golden.Root}.");
        return cases;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Name}";
}
