using System.Text.Json;
using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>One thing that a step found: a row of one of its tables, a sentence, a failure, or a number that a target is held to. A line of the findings' file.</summary>
/// <param name="Step">The step.</param>
/// <param name="Table">The table that it belongs to; "" for sentences, <see cref="Measures"/> for what targets are held to.</param>
/// <param name="Name">The row's name, or the measure's.</param>
internal sealed record Finding(string Step, string Table, string Name)
{
    /// <summary>The table of numbers that targets are held to.</summary>
    public const string Measures = "measures";

    /// <summary>The table of ops that are held against the oracle; how many of a step's came through decides whether the run goes on.</summary>
    public const string Ops = "op";

    /// <summary>The error of what there was no time for.</summary>
    public const string NotBegun = "not begun: the time budget is spent";

    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The row's numbers by column, in their order.</summary>
    public Dictionary<string, double>? Numbers { get; init; }

    /// <summary>What is to be said of it.</summary>
    public string? Note { get; init; }

    /// <summary>Why there is no number.</summary>
    public string? Error { get; init; }

    /// <summary>The line.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, Json);

    /// <summary>The finding of a line; null of one that was cut off.</summary>
    public static Finding? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Finding>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string numbers = Numbers is null ? "" : string.Join(", ", Numbers.Select(n => $"{n.Key} {Digits.Of(n.Value)}"));
        string[] parts = [Table is "" or Measures ? "" : $"{Table}:", Name, numbers, Note ?? "", Error is null ? "" : $"FAILED: {Error}"];
        return $"[{Step}] {string.Join(" ", parts.Where(part => part.Length > 0))}";
    }
}
