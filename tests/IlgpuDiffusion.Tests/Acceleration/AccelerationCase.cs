using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>One case of the recordings of acceleration: its entry of the index, its tensors or its table.</summary>
internal sealed class AccelerationCase
{
    private const string Folder = "acceleration";

    private readonly JsonElement _entry;

    public AccelerationCase(string method, string name)
        : this(Index().First(entry => entry.GetProperty("method").GetString() == method && entry.GetProperty("name").GetString() == name))
    {
    }

    private AccelerationCase(JsonElement entry) => _entry = entry;

    public string Name => _entry.GetProperty("name").GetString()!;

    public JsonElement Params => _entry.GetProperty("params");

    /// <summary>Absolute, on the largest difference.</summary>
    public double Tolerance => _entry.GetProperty("tolerance").GetDouble();

    public string Weights => Golden.Find($"{Folder}/weights/{_entry.GetProperty("weights").GetString()}");

    public GoldenTensors Tensors => GoldenTensors.Find($"{Folder}/{File}");

    private string File => _entry.GetProperty("file").GetString()!;

    /// <summary>A setting that is a whole number.</summary>
    public int Int(string name) => Params.GetProperty(name).GetInt32();

    /// <summary>A method's cases whose names begin so; those that this checkout has no file of are left out.</summary>
    public static IEnumerable<AccelerationCase> Of(string method, string prefix) =>
        from entry in Index()
        let recorded = new AccelerationCase(entry)
        where entry.GetProperty("method").GetString() == method && recorded.Name.StartsWith(prefix, StringComparison.Ordinal)
        where System.IO.File.Exists(Path.Combine(Golden.Root, Folder, recorded.File))
        select recorded;

    /// <summary>Their names.</summary>
    public static IEnumerable<object[]> Names(string method, string prefix) => Of(method, prefix).Select(recorded => new object[] { method, recorded.Name });

    /// <summary>The table of a method.</summary>
    public JsonElement Table()
    {
        using GZipStream stream = new(System.IO.File.OpenRead(Golden.Find($"{Folder}/{File}")), CompressionMode.Decompress);
        return JsonDocument.Parse(stream).RootElement;
    }

    private static JsonElement.ArrayEnumerator Index() => JsonDocument.Parse(System.IO.File.ReadAllText(Golden.Find($"{Folder}/index.json"))).RootElement.GetProperty("cases").EnumerateArray();
}
